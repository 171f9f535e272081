import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { columnsOf, findByEmail, hostUsersSchema } from './host-users.ts'
import type { HostUser, HostUsers, UserColumns } from './host-users.ts'
import { roleSchema } from './member.ts'
import type { Role } from './member.ts'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './run-statement.ts'
import type { RunStatement } from './run-statement.ts'

/** Where the host keeps its users, and what they become. */
export interface MemberImport {
  readonly users: HostUsers
  /** The slug or id of the organization. @defaultValue the default organization */
  readonly organization?: string | undefined
  /** The e-mail address of the owner. @defaultValue the user with the lowest id, where nobody owns the organization */
  readonly owner?: string | undefined
  /** What everybody else becomes. @defaultValue `'member'` */
  readonly role?: Role | undefined
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
  dryRun: z.boolean().default(false),
  batchSize: z.number().int().min(1).max(100_000).default(5000),
})

interface Sources extends UserColumns {
  readonly run: RunStatement
  /** Quoted, with their schemas. */
  readonly memberships: string
  readonly organizations: string
}

/**
 * Makes the users of the host members of an organization, on a connection that may read both: the operator's. Each
 * batch is a statement of its own; an import that was cut off is taken up by running it again. For tools that hold such
 * a connection; a service calls `organizations.importMembers()`.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID`, `ORGANIZATION_UNKNOWN`, `OWNER_UNKNOWN` or `OWNER_AMBIGUOUS`; nothing
 * was changed then.
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
  const { users, organization, owner, role, dryRun, batchSize } = parseInput(
    importSchema,
    request,
    'CONFIGURATION_INVALID',
  )
  const control = quoteIdentifier(schema)
  const sources: Sources = {
    run,
    memberships: `${control}.memberships`,
    organizations: `${control}.organizations`,
    ...columnsOf(users),
  }
  const organizationId = await findOrganization(sources, organization)
  const person =
    owner === undefined ? await firstOwner(sources, organizationId) : await findByEmail(run, sources, owner)
  const counts = dryRun
    ? await countMembers(sources, organizationId)
    : await addMembers(sources, { organizationId, person, role, batchSize })
  return { ...counts, owner: person === undefined ? null : (person.email ?? person.userId), dryRun }
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

async function countMembers(sources: Sources, organizationId: string): Promise<Counts> {
  const { run, memberships, users, id } = sources
  const rows = await run<Counts>(
    `select (count(*) - count(m.user_id))::float8 as imported, count(m.user_id)::float8 as "alreadyMembers"
     from ${users} u left join ${memberships} m on m.organization_id::text = $1 and m.user_id = ${id}::text`,
    [organizationId],
  )
  return rows[0] as Counts
}

interface Addition {
  readonly organizationId: string
  readonly person: HostUser | undefined
  readonly role: Role
  readonly batchSize: number
}

async function addMembers(sources: Sources, addition: Addition): Promise<Counts> {
  const { run, memberships, organizations, users, id } = sources
  const { organizationId, role, batchSize } = addition
  // The owner comes first: an import that is cut off leaves no organization that nobody can manage.
  let imported = addition.person === undefined ? 0 : await makeOwner(sources, organizationId, addition.person)
  let seen = 0
  let last: string | undefined
  for (;;) {
    // Without a cast: the parameter takes the type of the column, whose order the pages follow.
    const page = last === undefined ? '' : `where ${id} > $4`
    const [batch] = await run<{ seen: number; added: number; last: string | null }>(
      `with batch as materialized (select ${id} as key from ${users} u ${page} order by 1 limit $3),
       added as (
         insert into ${memberships} (organization_id, user_id, role)
         select o.id, batch.key::text, $2 from batch, ${organizations} o where o.id::text = $1
         on conflict (organization_id, user_id) do nothing returning user_id
       )
       select (select count(*) from batch)::int as seen, (select count(*) from added)::int as added,
         (select key::text from batch order by batch.key desc limit 1) as last`,
      [organizationId, role, batchSize, ...(last === undefined ? [] : [last])],
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
