import * as z from 'zod'
import type { Tenancy } from '@partywall/tenancy-core'
import type { Administration } from './administration.ts'
import { createAdministration } from './create-administration.ts'
import type { ApiKeys } from './api-keys.ts'
import { createApiKeys } from './create-api-keys.ts'
import { createDomains } from './create-domains.ts'
import { createInvitations } from './create-invitations.ts'
import { createMembers } from './create-members.ts'
import type { InvitationMailer, Invitations } from './invitations.ts'
import { createOrganizationRecord } from './create-organization-record.ts'
import { createSettings } from './create-settings.ts'
import { createLookups } from './lookups.ts'
import type { Domains } from './domains.ts'
import type { Lookups } from './lookups.ts'
import type { Members } from './members.ts'
import type { OrganizationRecord } from './organization-record.ts'
import { parseInput } from './parse-input.ts'
import { plansSchema } from './plans.ts'
import type { Plans } from './plans.ts'
import { quoteIdentifier } from './quote-identifier.ts'
import { systemResolver } from './txt-records.ts'
import type { TxtResolver } from './txt-records.ts'
import type { NoSettings, Settings } from './settings.ts'
import { createSubscriptions } from './create-subscriptions.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Options of {@link createOrganizations}. */
export interface OrganizationsOptions<Values extends object = NoSettings, Input = Values> {
  /** The schema of the control plane. @defaultValue `'partywall'` */
  readonly schema?: string | undefined
  /** Sends the messages of invitations. @defaultValue whoever invites is given the token */
  readonly mailer?: InvitationMailer | undefined
  /** Who is asked for the records that prove domains. @defaultValue the name servers of the system */
  readonly dns?: TxtResolver | undefined
  /**
   * What an organization may choose. It takes `{}`: every setting has a default, or is optional. Settings are stored as they
   * are given and are JSON; what the schema makes of them is what is read.
   *
   * @defaultValue no settings
   */
  readonly settings?: z.ZodType<Values, Input> | undefined
  /** What the service sells. @defaultValue free, pro and enterprise, which include nothing */
  readonly plans?: Plans | undefined
}

/** Organizations and the people in them. Without parameters: whatever their settings are. */
export interface Organizations<Values extends object = object, Input = never>
  extends
    Lookups,
    OrganizationRecord,
    Members,
    Invitations,
    ApiKeys,
    Domains,
    Settings<Values, Input>,
    Subscriptions,
    Administration {}

const optionsSchema = z.strictObject({
  schema: z.string().min(1).max(63).default('partywall'),
  mailer: z
    .custom<InvitationMailer>((mailer) => typeof (mailer as Partial<InvitationMailer> | null)?.send === 'function')
    .optional(),
  settings: z
    .custom<z.ZodType>((schema) => typeof (schema as Partial<z.ZodType> | null)?.safeParse === 'function')
    .default(() => z.strictObject({})),
  plans: plansSchema,
  dns: z
    .custom<TxtResolver>((dns) => typeof (dns as Partial<TxtResolver> | null)?.resolveTxt === 'function')
    .default(systemResolver),
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
 * await organizations.findMembership({ organization: 'acme', userId: 'nobody' }) // undefined
 * ```
 */
export function createOrganizations<Values extends object = NoSettings, Input = Values>(
  tenancy: Tenancy,
  options: OrganizationsOptions<Values, Input> = {},
): Organizations<Values, Input> {
  const { schema, mailer, settings, plans, dns } = parseInput(optionsSchema, options, 'CONFIGURATION_INVALID')
  const plane = { tenancy, schema, control: quoteIdentifier(schema) }
  return Object.freeze({
    ...createLookups(plane),
    ...createOrganizationRecord(plane),
    ...createMembers(plane),
    ...createInvitations({ ...plane, mailer }),
    ...createApiKeys(plane),
    ...createDomains({ ...plane, dns }),
    ...createSettings({ ...plane, settings: settings as z.ZodType<Values, Input> }),
    ...createSubscriptions({ ...plane, plans }),
    ...createAdministration(plane),
  })
}
