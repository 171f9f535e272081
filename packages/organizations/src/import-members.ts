import * as z from 'zod'
import { TenancyError, sqlStateOf } from '@partywall/tenancy-core'
import { explained } from './explain-refusal.ts'
import { columnsOf, findByEmail, hostUsersSchema } from './host-users.ts'
import type { HostUsers } from './host-users.ts'
import { assertNoOther, firstOwner, makeOwner } from './import-owner.ts'
import type { ImportedOwner } from './import-owner.ts'
import { roleSchema } from './member.ts'
import type { Role } from './member.ts'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './quote-identifier.ts'
import { assertSeats, rolePartsOf, surveyImport } from './survey-import.ts'
import type { ImportSources } from './survey-import.ts'
import type { RunStatement } from '@partywall/tenancy-core'

/** Where the host keeps its users, and what they become. */
export interface MemberImport {
  readonly users: HostUsers
  /** The slug or id of the organization. @defaultValue the default organization */
  readonly organization?: string | undefined
  /**
   * The e-mail address of the owner.
   *
   * @defaultValue where nobody owns the organization: the user with the lowest id of those whom `roles` makes owners, else of all
   */
  readonly owner?: string | undefined
  /** With `owner`, whether another owner may be there already. @defaultValue false */
  readonly besideOtherOwners?: boolean | undefined
  /** What everybody else becomes, where `roles` says nothing. @defaultValue `'member'` */
  readonly role?: Role | undefined
  /**
   * Roles that the host has in a column of its users table: what each value of it, as text, becomes. A user without a value
   * becomes `role`; a value that is not listed is refused, unless `*` is, which stands for all others. Nobody is made an owner
   * by it unless a value says so.
   */
  readonly roles?: { readonly column: string; readonly map: Readonly<Record<string, Role>> } | undefined
  /** Counts, and changes nothing. @defaultValue false */
  readonly dryRun?: boolean | undefined
  /** Users a statement. @defaultValue 5000 */
  readonly batchSize?: number | undefined
}

/** What an import did, or would do. */
export interface MemberImportResult {
  /** Users who became members. */
  readonly imported: number
  /** Users who were members before; their roles stay, save for an owner who is named. */
  readonly alreadyMembers: number
  /** What those who became members became, and how many. */
  readonly roles: Readonly<Record<string, number>>
  /** Members who have another role than `roles` and `role` say, and keep it. */
  readonly kept: number
  /** The e-mail address of who was made an owner. `null` when somebody owned the organization and nobody was named. */
  readonly owner: string | null
  readonly dryRun: boolean
}

const importSchema = z.strictObject({
  users: hostUsersSchema,
  organization: z.string().min(1).optional(),
  owner: z.string().min(1).optional(),
  besideOtherOwners: z.boolean().default(false),
  role: roleSchema.default('member'),
  roles: z.strictObject({ column: z.string().min(1).max(63), map: z.record(z.string(), roleSchema) }).optional(),
  dryRun: z.boolean().default(false),
  batchSize: z.number().int().min(1).max(100_000).default(5000),
})

/**
 * Makes the users of the host members of an organization, on a connection that may read both: the operator's. Each
 * batch is a statement of its own; an import that was cut off is taken up by running it again. For tools that hold such
 * a connection; a service calls `organizations.importMembers()`.
 *
 * Members keep their roles: nobody loses one by an import, save that an owner who is named becomes one.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID`, `ORGANIZATION_UNKNOWN`, `ROLE_UNKNOWN`, `ROLE_UNMAPPED`, `OWNER_UNKNOWN`,
 * `OWNER_AMBIGUOUS`, `OWNER_EXISTS` or `SEATS_EXHAUSTED`; nothing was changed then. When seats go while it runs, the batches before stay.
 *
 * @example
 * ```ts
 * const { roles } = await importMembers(run, { users: { table: 'users' }, owner: 'ada@example.com' })
 * roles // { owner: 1, member: 2 }
 * ```
 */
export async function importMembers(
  run: RunStatement,
  request: MemberImport,
  schema = 'partywall',
): Promise<MemberImportResult> {
  const given = parseInput(importSchema, request, 'CONFIGURATION_INVALID')
  const { users, organization, owner, role, roles, dryRun, batchSize } = given
  const control = quoteIdentifier(schema)
  const sources: ImportSources = {
    run,
    memberships: `${control}.memberships`,
    organizations: `${control}.organizations`,
    ...columnsOf(users),
    ...rolePartsOf(role, roles),
  }
  await assertRoles(run, control, [role, ...Object.values(roles?.map ?? {})])
  const organizationId = await findOrganization(sources, organization)
  const person =
    owner === undefined ? await firstOwner(sources, organizationId) : await findByEmail(run, sources, owner)
  const named = owner !== undefined
  const besideOthers = named && given.besideOtherOwners
  if (named && !besideOthers && person !== undefined) await assertNoOther(sources, organizationId, person)
  const survey = await surveyImport(sources, organizationId, person?.userId)
  await assertSeats(sources, organizationId, survey.imported)
  const made = person === undefined ? undefined : { person, named, besideOthers }
  const counts = dryRun
    ? survey
    : await explained({ organizationId }, () => addMembers(sources, { organizationId, owner: made, batchSize }))
  return { ...survey, ...counts, owner: person === undefined ? null : (person.email ?? person.userId), dryRun }
}

async function assertRoles(run: RunStatement, control: string, roles: readonly Role[]): Promise<void> {
  const rows = await run<{ name: string }>(
    `select name from pg_catalog.unnest($1::text[]) name where name not in (select r.name from ${control}.roles r)`,
    [roles],
  )
  if (rows.length === 0) return
  const names = rows.map(({ name }) => JSON.stringify(name)).join(', ')
  throw new TenancyError(
    'ROLE_UNKNOWN',
    `There is no role ${names}. Nothing was imported. Define it with defineRole().`,
    {
      details: { roles: rows.map(({ name }) => name) },
    },
  )
}

async function findOrganization(
  { run, organizations }: ImportSources,
  organization: string | undefined,
): Promise<string> {
  const condition = organization === undefined ? 'is_default' : 'slug = $1 or id::text = $1'
  const values = organization === undefined ? [] : [organization]
  const rows = await run<{ id: string }>(`select id::text from ${organizations} where ${condition}`, values)
  if (rows[0] !== undefined) return rows[0].id
  throw new TenancyError(
    'ORGANIZATION_UNKNOWN',
    organization === undefined
      ? 'There is no default organization to import members into. Convert the database first: partywall apply'
      : `There is no organization ${JSON.stringify(organization)}. Pass its slug or its id.`,
  )
}

interface Addition {
  readonly organizationId: string
  readonly owner: (ImportedOwner & { readonly besideOthers: boolean }) | undefined
  readonly batchSize: number
}

interface Batch {
  readonly seen: number
  readonly added: number
  readonly last: string | null
}

const noBatch: Batch = { seen: 0, added: 0, last: null }

async function addMembers(
  sources: ImportSources,
  { organizationId, owner, batchSize }: Addition,
): Promise<Pick<MemberImportResult, 'imported' | 'alreadyMembers'>> {
  const { run, memberships, organizations, users, id, role, roleValues } = sources
  // The owner comes first: an import that is cut off leaves no organization that nobody can manage.
  const added = owner !== undefined && (await makeOwner(sources, organizationId, owner))
  let imported = added ? 1 : 0
  let seen = 0
  let last: string | undefined
  for (;;) {
    // Without a cast: the parameter takes the type of the column, whose order the pages follow.
    const page = last === undefined ? '' : `where ${id} > $6`
    const values = [organizationId, ...roleValues, batchSize, owner?.person.userId ?? null]
    const [batch = noBatch] = await run<Batch>(
      `with batch as materialized (
         select ${id} as key, case when ${id}::text = $5::text then 'owner' else ${role} end as role
         from ${users} u ${page} order by 1 limit $4
       ),
       added as (
         insert into ${memberships} (organization_id, user_id, role)
         select o.id, batch.key::text, batch.role from batch, ${organizations} o
         where o.id::text = $1 and batch.key::text is distinct from $5::text
         on conflict (organization_id, user_id) do nothing returning user_id
       )
       select (select count(*) from batch)::int as seen, (select count(*) from added)::int as added,
         (select key::text from batch order by batch.key desc limit 1) as last`,
      [...values, ...(last === undefined ? [] : [last])],
    ).catch(refuseUnmapped)
    seen += batch.seen
    imported += batch.added
    if (batch.last === null || batch.seen < batchSize) return { imported, alreadyMembers: seen - imported }
    last = batch.last
  }
}

function refuseUnmapped(error: unknown): never {
  if (sqlStateOf(error) !== '23502') throw error
  const message = 'A user got a value that is mapped to no role while the import ran. Import again, to see which.'
  throw new TenancyError('ROLE_UNMAPPED', message, { cause: error })
}
