import * as z from 'zod'
import { TenancyError, inTransaction, sqlStateOf } from '@partywall/tenancy-core'
import type { RunStatement } from '@partywall/tenancy-core'
import type { Administration, AdministrationOptions, OrganizationPage } from './administration.ts'
import type { ControlPlane } from './control-plane.ts'
import { importMembers } from './import-members.ts'
import { insertOrganization } from './insert-organization.ts'
import { organizationColumns } from './organization.ts'
import type { Organization } from './organization.ts'
import { parseInput } from './parse-input.ts'
import { purgeOrganizations } from './purge-organizations.ts'
import { defineRole, listRoles, removeRole } from './roles.ts'
import { asOperator, inTheNameOf } from './write-control-plane.ts'
import type { Asked } from './explain-refusal.ts'

const text = z
  .string()
  .min(1)
  .max(200)
  .refine((value) => !value.includes('\0'), 'Expected no NUL')
const pageSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(100),
  after: text.optional(),
})
const idSchema = z.strictObject({ organizationId: text })
const seatsSchema = z.strictObject({
  organizationId: text,
  seatLimit: z.number().int().min(0).max(2_147_483_647).nullable(),
})

/** The work across organizations, as the operator. */
export function createAdministration(plane: ControlPlane): Administration {
  const { control, schema } = plane
  return {
    create: ({ actor, transaction, ...organization }) => {
      const reason = `create the organization ${organization.slug}`
      return operate(plane, { reason, actor, transaction }, (run) => insertOrganization(run, organization, schema))
    },
    list: (page) => list(plane, page),
    find: (request) => find(plane, request),
    suspend: (request) => setStatus(plane, request, 'suspended'),
    reactivate: (request) => setStatus(plane, request, 'active'),
    setSeatLimit: (request) => setSeatLimit(plane, request),
    roles: (request) => operate(plane, { reason: 'list roles', ...request }, (run) => listRoles(run, control)),
    defineRole: ({ actor, transaction, ...role }) =>
      operate(plane, { reason: 'define a role', actor, transaction }, (run) => defineRole(run, role, control)),
    removeRole: ({ actor, transaction, name }) =>
      operate(plane, { reason: 'remove a role', actor, transaction }, (run) => removeRole(run, name, control)),
    purge: (request) => purgeOrganizations(plane, request),
    importMembers: async ({ actor, ...request }) =>
      await plane.tenancy.operator({ reason: 'import members', actor }, () =>
        importMembers(
          <Row extends object>(sql: string, values: readonly unknown[]) =>
            inTransaction(plane.tenancy, undefined, (run) => inTheNameOf(actor, run)<Row>(sql, values)),
          request,
          schema,
        ),
      ),
  }
}

interface Operation extends AdministrationOptions {
  readonly reason: string
  readonly asked?: Asked
}

function operate<T>(
  plane: ControlPlane,
  { reason, actor, transaction, asked = {} }: Operation,
  work: (run: RunStatement) => Promise<T>,
): Promise<T> {
  return asOperator(plane, { reason, actor, asked, options: { transaction } }, work)
}

async function list(
  plane: ControlPlane,
  { actor, transaction, ...page }: OrganizationPage & AdministrationOptions,
): Promise<readonly Organization[]> {
  const { limit, after = '' } = parseInput(pageSchema, page, 'ORGANIZATION_INVALID')
  const sql = `select ${organizationColumns} from ${plane.control}.organizations where slug > $1 order by slug limit $2`
  return await operate(plane, { reason: 'list organizations', actor, transaction }, (run) =>
    run<Organization>(sql, [after, limit]),
  )
}

async function find(
  plane: ControlPlane,
  { actor, transaction, organization }: { readonly organization: string } & AdministrationOptions,
): Promise<Organization | undefined> {
  if (organization.includes('\0')) return undefined
  const sql = `select ${organizationColumns} from ${plane.control}.organizations where slug = $1 or id::text = $1`
  const rows = await operate(plane, { reason: 'find an organization', actor, transaction }, (run) =>
    run<Organization>(sql, [organization]),
  )
  return rows.find(({ id }) => id === organization) ?? rows[0]
}

async function setStatus(
  plane: ControlPlane,
  { actor, transaction, ...given }: { readonly organizationId: string } & AdministrationOptions,
  status: 'active' | 'suspended',
): Promise<void> {
  const { organizationId } = parseInput(idSchema, given, 'ORGANIZATION_INVALID')
  const reason = status === 'active' ? 'reactivate an organization' : 'suspend an organization'
  const sql = `update ${plane.control}.organizations set status = $2::text, version = version + 1, updated_at = pg_catalog.now()
    where id = $1 and status <> 'deleted' returning 1 as "one"`
  await operate(plane, { reason, actor, transaction }, (run) => updateOne(run, sql, [organizationId, status]))
}

async function setSeatLimit(
  plane: ControlPlane,
  {
    actor,
    transaction,
    ...given
  }: { readonly organizationId: string; readonly seatLimit: number | null } & AdministrationOptions,
): Promise<void> {
  const { organizationId, seatLimit } = parseInput(seatsSchema, given, 'ORGANIZATION_INVALID')
  const sql = `update ${plane.control}.organizations set seat_limit = $2 where id = $1 returning 1 as "one"`
  const operation = { reason: 'set the seat limit', actor, transaction, asked: { organizationId, seatLimit } }
  await operate(plane, operation, (run) => updateOne(run, sql, [organizationId, seatLimit]))
}

/** @throws {TenancyError} `ORGANIZATION_UNKNOWN` */
async function updateOne(run: RunStatement, sql: string, values: readonly unknown[]): Promise<void> {
  const rows = await run(sql, values).catch((error: unknown) => {
    // A text that is no id of the key's type names no organization.
    if (['22P02', '22003'].includes(sqlStateOf(error) ?? '')) throw unknown(values[0], error)
    throw error
  })
  if (rows.length === 0) throw unknown(values[0])
}

function unknown(organizationId: unknown, cause?: unknown): TenancyError {
  return new TenancyError(
    'ORGANIZATION_UNKNOWN',
    `There is no organization ${JSON.stringify(organizationId)} that is not deleted. Pass the id of one.`,
    { details: { organizationId }, cause },
  )
}
