import { TenancyError } from '@partywall/tenancy-core'
import type { RunStatement } from '@partywall/tenancy-core'
import type { UserColumns } from './host-users.ts'
import { quoteIdentifier } from './quote-identifier.ts'

/** The parts of the statements of an import. */
export interface ImportSources extends UserColumns {
  readonly run: RunStatement
  /** What a user becomes, as an expression over `$2` and `$3`; NULL where the map does not say. */
  readonly role: string
  /** What the host's column says of a user, as an expression. */
  readonly value: string
  /** `$2`, the role where nothing is said, and `$3`, the map. */
  readonly roleValues: readonly [role: string, map: string]
  /** Quoted, with their schemas. */
  readonly memberships: string
  readonly organizations: string
}

/** What an import would do. */
export interface ImportSurvey {
  readonly imported: number
  readonly alreadyMembers: number
  /** How many become what. */
  readonly roles: Readonly<Record<string, number>>
  /** Members whose role is another than the host's says. */
  readonly kept: number
}

/** Where roles come from: everybody has one role, or a column of the host's is mapped. */
export function rolePartsOf(
  role: string,
  roles: { readonly column: string; readonly map: Readonly<Record<string, string>> } | undefined,
): Pick<ImportSources, 'role' | 'value' | 'roleValues'> {
  const roleValues = [role, JSON.stringify(roles?.map ?? {})] as const
  // `$2` is never NULL; a parameter that stands nowhere would have no type.
  if (roles === undefined) return { role: `coalesce($2::text, $3::text)`, value: 'null::text', roleValues }
  const value = `u.${quoteIdentifier(roles.column)}::text`
  const mapped = `coalesce($3::jsonb ->> ${value}, $3::jsonb ->> '*')`
  return { role: `case when ${value} is null then $2::text else ${mapped} end`, value, roleValues }
}

interface Group {
  readonly role: string | null
  readonly value: string | null
  readonly imported: number
  readonly members: number
  readonly kept: number
}

/**
 * Looks through all users, and changes nothing.
 *
 * @throws {TenancyError} `ROLE_UNMAPPED` with the values that nobody mapped, the most frequent first.
 */
export async function surveyImport(
  sources: ImportSources,
  organizationId: string,
  ownerId: string | undefined,
): Promise<ImportSurvey> {
  const { run, memberships, users, id, role, value, roleValues } = sources
  // One row a role, and one for each of the most frequent values that have none.
  const groups = await run<Group>(
    `with people as (
       select case when ${id}::text = $4::text then 'owner' else ${role} end as role, ${value} as value, m.role as held,
         ${id}::text = $4::text as named
       from ${users} u left join ${memberships} m on m.organization_id::text = $1 and m.user_id = ${id}::text
     )
     select role, case when role is null then value end as value, count(*) filter (where held is null)::float8 as imported,
       count(held)::float8 as members, count(*) filter (where held <> role and named is not true)::float8 as kept
     from people group by 1, 2 order by role is not null, 3 desc, 2 limit 1000`,
    [organizationId, ...roleValues, ownerId ?? null],
  )
  const unmapped = groups.filter((group) => group.role === null && group.imported > 0)
  if (unmapped.length > 0) throw unmappedRoles(unmapped)
  const sum = (of: (group: Group) => number): number => groups.reduce((total, group) => total + of(group), 0)
  const news = groups.filter(({ imported }) => imported > 0).map((group) => [String(group.role), group.imported])
  return {
    imported: sum(({ imported }) => imported),
    alreadyMembers: sum(({ members }) => members),
    roles: Object.fromEntries(news) as Record<string, number>,
    kept: sum(({ kept }) => kept),
  }
}

/** @throws {TenancyError} `SEATS_EXHAUSTED` */
export async function assertSeats(
  { run, organizations }: ImportSources,
  organizationId: string,
  imported: number,
): Promise<void> {
  const rows = await run<{ free: number | null }>(
    `select o.seat_limit - o.member_count as free from ${organizations} o where o.id::text = $1`,
    [organizationId],
  )
  const free = rows[0]?.free ?? null
  if (free === null || imported <= free) return
  const message = `${imported} users would become members, and ${free} seats are free. Nothing was imported. Raise the seat limit.`
  throw new TenancyError('SEATS_EXHAUSTED', message, { details: { organizationId, free, imported } })
}

function unmappedRoles(groups: readonly Group[]): TenancyError {
  const users = groups.reduce((total, { imported }) => total + imported, 0)
  const shown = groups.slice(0, 20).map(({ value, imported }) => ({ value, users: imported }))
  const list = shown.map(({ value, users: count }) => `${JSON.stringify(value)} (${count})`).join(', ')
  return new TenancyError(
    'ROLE_UNMAPPED',
    `${users} users have a value that is mapped to no role: ${list}. Nothing was imported. Map it, or map * for all others.`,
    { details: { users, values: shown } },
  )
}
