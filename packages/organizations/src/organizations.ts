import * as z from 'zod'
import type { Tenancy } from '@partywall/tenancy-core'
import type { Administration } from './administration.ts'
import { createAdministration } from './create-administration.ts'
import type { ApiKeys } from './api-keys.ts'
import { createApiKeys } from './create-api-keys.ts'
import { createInvitations } from './create-invitations.ts'
import { createMembers } from './create-members.ts'
import type { InvitationMailer, Invitations } from './invitations.ts'
import { createOrganizationRecord } from './create-organization-record.ts'
import { createLookups } from './lookups.ts'
import type { Lookups } from './lookups.ts'
import type { Members } from './members.ts'
import type { OrganizationRecord } from './organization-record.ts'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './quote-identifier.ts'

/** Options of {@link createOrganizations}. */
export interface OrganizationsOptions {
  /** The schema of the control plane. @defaultValue `'partywall'` */
  readonly schema?: string | undefined
  /** Sends the messages of invitations. @defaultValue whoever invites is given the token */
  readonly mailer?: InvitationMailer | undefined
}

/** Organizations and the people in them. */
export interface Organizations extends Lookups, OrganizationRecord, Members, Invitations, ApiKeys, Administration {}

const optionsSchema = z.strictObject({
  schema: z.string().min(1).max(63).default('partywall'),
  mailer: z
    .custom<InvitationMailer>((mailer) => typeof (mailer as Partial<InvitationMailer> | null)?.send === 'function')
    .optional(),
})

/**
 * Opens the organizations of a tenancy: a `Directory` for the adapters, and what creates, fills and ends organizations.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` when an option is wrong.
 *
 * @example
 * ```ts
 * const organizations = createOrganizations(tenancy)
 * await app.register(partywall, { tenancy, directory: organizations, claim })
 * ```
 */
export function createOrganizations(tenancy: Tenancy, options: OrganizationsOptions = {}): Organizations {
  const { schema, mailer } = parseInput(optionsSchema, options, 'CONFIGURATION_INVALID')
  const plane = { tenancy, schema, control: quoteIdentifier(schema) }
  return Object.freeze({
    ...createLookups(plane),
    ...createOrganizationRecord(plane),
    ...createMembers(plane),
    ...createInvitations({ ...plane, mailer }),
    ...createApiKeys(plane),
    ...createAdministration(plane),
  })
}
