import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import type { WriteOptions } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import { explained } from './explain-refusal.ts'
import { emailDomainSchema, githubLoginSchema, nameSchema, organizationColumns, slugSchema } from './organization.ts'
import type { Organization } from './organization.ts'
import type { OrganizationChanges, OrganizationRecord } from './organization-record.ts'
import { parseInput } from './parse-input.ts'
import { writeControlPlane } from './write-control-plane.ts'

const thirtyDaysSeconds = 30 * 86_400
const tenYearsSeconds = 3653 * 86_400

const changesSchema = z.strictObject({
  slug: slugSchema.optional(),
  name: nameSchema.optional(),
  githubLogin: githubLoginSchema.nullish(),
  emailDomain: emailDomainSchema.nullish(),
  ifVersion: z.number().int().min(0).max(2_147_483_647).optional(),
})
const graceSchema = z.strictObject({
  graceSeconds: z.number().int().min(0).max(tenYearsSeconds).default(thirtyDaysSeconds),
})

/** The organization in scope, over the functions of the control plane. */
export function createOrganizationRecord(plane: ControlPlane): OrganizationRecord {
  return {
    current: () => readCurrent(plane),
    update: (changes, options) => update(plane, changes, options),
    delete: (grace, options) => deleteCurrent(plane, grace, options),
    restore: (options) => restore(plane, options),
  }
}

async function readCurrent({ tenancy, control }: ControlPlane): Promise<Organization> {
  const { organizationId } = tenancy.requireTenant()
  const { rows } = await explained({ organizationId }, () =>
    tenancy.pool.query<Organization>(`select ${organizationColumns} from ${control}.organizations`),
  )
  if (rows[0] !== undefined) return rows[0]
  throw new TenancyError(
    'ORGANIZATION_UNKNOWN',
    'The tenant in scope is no organization. Open the scope with the id of one.',
    { details: { organizationId } },
  )
}

async function update(
  plane: ControlPlane,
  given: OrganizationChanges,
  options: WriteOptions = {},
): Promise<{ readonly version: number }> {
  const { ifVersion, ...changes } = parseInput(changesSchema, given, 'ORGANIZATION_INVALID')
  const rows = await writeControlPlane<{ version: number }>(
    plane,
    {
      reason: 'update the organization',
      forUser: `select ${plane.control}.update_organization($1::text, $2::text::jsonb, $3::integer) as "version"`,
      // Members that are undefined are not in the text, and stay.
      values: [JSON.stringify(changes), ifVersion ?? null],
      asked: { ...changes, ...(ifVersion === undefined ? {} : { ifVersion }) },
    },
    options,
  )
  return rows[0] as { version: number }
}

async function deleteCurrent(
  plane: ControlPlane,
  grace: unknown = {},
  options: WriteOptions = {},
): Promise<{ readonly purgeAt: Date }> {
  const { graceSeconds } = parseInput(graceSchema, grace, 'ORGANIZATION_INVALID')
  const rows = await writeControlPlane<{ purgeAt: Date }>(
    plane,
    {
      reason: 'delete the organization',
      forUser: `select ${plane.control}.delete_organization($1::text, $2::integer) as "purgeAt"`,
      values: [graceSeconds],
      asked: {},
    },
    options,
  )
  return rows[0] as { purgeAt: Date }
}

async function restore(plane: ControlPlane, options: WriteOptions = {}): Promise<void> {
  const forUser = `select ${plane.control}.restore_organization($1::text) as "version"`
  await writeControlPlane(plane, { reason: 'restore the organization', forUser, values: [], asked: {} }, options)
}
