import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { explained } from './explain-refusal.ts'
import { columnsOf, findByEmail, hostUsersSchema } from './host-users.ts'
import type { HostUser, HostUsers, UserColumns } from './host-users.ts'
import { roleSchema } from './member.ts'
import type { Role } from './member.ts'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './quote-identifier.ts'
import type { RunStatement } from '@partywall/tenancy-core'

/** Where the host keeps its users, and what they become. */
export interface MemberImport {
  readonly users: HostUsers
  /** The slug or id of the organization. @defaultValue the default organization */
  readonly organization?: string | undefined
  /** The e-mail address of the owner. @defaultValue the user with the lowest id, where nobody owns the organization */
  readonly owner?: string | undefined
  /** What everybody else becomes, where `roles` says nothing. @defaultValue `'member'` */
  readonly role?: Role | undefined
  /**
   * Roles that the host has in a column of its users table: what each value of it, as text, becomes. Values that are not
   * listed become `role`. Nobody is made an owner by it unless a value says so.
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
  /** The e-mail address of who was made an owner. `null` when somebody owned the organization and nobody was named. */
  readonly owner: string | null
  readonly dryRun: boolean
}

const importSchema = z.strictObject({
  users: hostUsersSchema,
  organization: z.string().min(1).optional(),
  owner: z.string().min(1).optional(),
  role: roleSchema.default('member'),
  roles: z.strictObject({ column: z.string().min(1).max(63), map: z.record(z.string(), roleSchema) }).optional(),
  dryRun: z.boolean().default(false),
  batchSize: z.number().int().min(1).max(100_000).default(5000),
})

interface Sources extends UserColumns {
  readonly run: RunStatement
  /** An expression on a user: `$2` is the role where nothing else is said, `$4` the map of the values. */
  readonly role: string
  /** Quoted, with their schemas. */
  readonly memberships: string
  readonly organizations: string
}

/**
 * Makes the users of the host members of an organization, on a connection that may read both: the operator's. Each
 * batch is a statement of its own; an import that was cut off is taken up by running it again. For tools that hold such
 * a connection; a service calls `organizations.importMembers()`.
 *
 * An owner who is there stays one when another is named: nobody loses a role by an import.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID`, `ORGANIZATION_UNKNOWN`, `ROLE_UNKNOWN`, `OWNER_UNKNOWN`,
 * `OWNER_AMBIGUOUS` or `SEATS_EXHAUSTED`; nothing was changed then. When seats go while it runs, the batches before stay.
 *
 * @example
 * ```ts
 * await importMembers(run, { users: { table: 'users' }, owner: 'ada@example.com' })
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
  const sources: Sources = {
    run,
    memberships: `${control}.memberships`,
    organizations: `${control}.organizations`,
    ...columnsOf(users),
    role: roles === undefined ? '$2' : `coalesce($4::jsonb ->> u.${quoteIdentifier(roles.column)}::text, $2)`,
  }
  await assertRoles(run, control, [role, ...Object.values(roles?.map ?? {})])
  const organizationId = await findOrganization(sources, organization)
  const person =
    owner === undefined ? await firstOwner(sources, organizationId) : await findByEmail(run, sources, owner)
  const expected = await countMembers(sources, organizationId)
  const addition = { organizationId, person, role, map: roles?.map, batchSize }
  const counts = dryRun ? expected : await explained({ organizationId }, () => addMembers(sources, addition))
  return { ...counts, owner: person === undefined ? null : (person.email ?? person.userId), dryRun }
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

async function findOrganization({ run, organizations }: Sources, organization: string | undefined): Promise<string> {
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

/** Nobody, when the organization has an owner already. */
async function firstOwner(sources: Sources, organizationId: string): Promise<HostUser | undefined> {
  const { run, memberships, users, id, email } = sources
  const rows = await run<HostUser>(
    `select ${id}::text as "userId", ${email}::text as email from ${users} u
     where not exists (select from ${memberships} where organization_id::text = $1 and role = 'owner')
     order by ${id} limit 1`,
    [organizationId],
  )
  return rows[0]
}

type Counts = Pick<MemberImportResult, 'imported' | 'alreadyMembers'>

/** What an import would do. @throws {TenancyError} `SEATS_EXHAUSTED` */
async function countMembers(sources: Sources, organizationId: string): Promise<Counts> {
  const { run, memberships, organizations, users, id } = sources
  const rows = await run<Counts & { free: number | null }>(
    `select (count(*) - count(m.user_id))::float8 as imported, count(m.user_id)::float8 as "alreadyMembers",
       (select o.seat_limit - o.member_count from ${organizations} o where o.id::text = $1) as free
     from ${users} u left join ${memberships} m on m.organization_id::text = $1 and m.user_id = ${id}::text`,
    [organizationId],
  )
  const { free, ...counts } = rows[0] as Counts & { free: number | null }
  if (free === null || counts.imported <= free) return counts
  const message = `${counts.imported} users would become members, and ${free} seats are free. Nothing was imported. Raise the seat limit.`
  throw new TenancyError('SEATS_EXHAUSTED', message, { details: { organizationId, free, imported: counts.imported } })
}

interface Addition {
  readonly organizationId: string
  readonly person: HostUser | undefined
  readonly role: Role
  readonly map: Readonly<Record<string, Role>> | undefined
  readonly batchSize: number
}

async function addMembers(sources: Sources, addition: Addition): Promise<Counts> {
  const { run, memberships, organizations, users, id } = sources
  const { organizationId, role, map, batchSize } = addition
  // The owner comes first: an import that is cut off leaves no organization that nobody can manage.
  let imported = addition.person === undefined ? 0 : await makeOwner(sources, organizationId, addition.person)
  let seen = 0
  let last: string | undefined
  for (;;) {
    // Without a cast: the parameter takes the type of the column, whose order the pages follow.
    const values = [organizationId, role, batchSize, ...(map === undefined ? [] : [JSON.stringify(map)])]
    const page = last === undefined ? '' : `where ${id} > $${values.length + 1}`
    const [batch] = await run<{ seen: number; added: number; last: string | null }>(
      `with batch as materialized (
         select ${id} as key, ${sources.role}::text as role from ${users} u ${page} order by 1 limit $3
       ),
       added as (
         insert into ${memberships} (organization_id, user_id, role)
         select o.id, batch.key::text, batch.role from batch, ${organizations} o where o.id::text = $1
         on conflict (organization_id, user_id) do nothing returning user_id
       )
       select (select count(*) from batch)::int as seen, (select count(*) from added)::int as added,
         (select key::text from batch order by batch.key desc limit 1) as last`,
      [...values, ...(last === undefined ? [] : [last])],
    )
    seen += batch?.seen ?? 0
    imported += batch?.added ?? 0
    if (batch === undefined || batch.last === null || batch.seen < batchSize)
      return { imported, alreadyMembers: seen - imported }
    last = batch.last
  }
}

/** How many memberships that added: one, or none where the user was a member. */
async function makeOwner(
  { run, memberships, organizations }: Sources,
  organizationId: string,
  person: HostUser,
): Promise<number> {
  const values = [organizationId, person.userId]
  const added = await run(
    `insert into ${memberships} (organization_id, user_id, role) select id, $2, 'owner' from ${organizations} where id::text = $1
     on conflict (organization_id, user_id) do nothing returning user_id`,
    values,
  )
  if (added.length > 0) return 1
  await run(
    `update ${memberships} set role = 'owner', updated_at = pg_catalog.now()
     where organization_id::text = $1 and user_id = $2 and role <> 'owner'`,
    values,
  )
  return 0
}
