import { coalesce, sqlStateOf } from '@partywall/tenancy-core'
import type { Directory, Membership } from '@partywall/tenancy-core'
import type { RoleDefinition } from './administration.ts'
import type { ControlPlane } from './control-plane.ts'
import { explained } from './explain-refusal.ts'
import { listRoles } from './roles.ts'

/** An organization of a user, and what the user is in it. */
export interface OwnMembership extends Membership {
  readonly name: string
}

/** What is asked before a tenant is known. Needs no scope, and works in any. */
export interface Lookups extends Pick<Directory, 'findMembership'> {
  /**
   * The organizations of a user, suspended and deleted ones included, in the order of their slugs.
   *
   * @throws {TenancyError} `CONTROL_PLANE_MISSING` on a database of an older version.
   *
   * @example
   * ```ts
   * const mine = await organizations.listMine('42')
   * mine.map(({ slug, role }) => `${slug}: ${role}`) // ['acme: member']
   * ```
   */
  listMine(userId: string): Promise<readonly OwnMembership[]>

  /**
   * The roles that members of any organization may have, the highest rank first.
   *
   * @throws {TenancyError} `CONTROL_PLANE_MISSING` on a database of an older version.
   *
   * @example
   * ```ts
   * const roles = await organizations.knownRoles()
   * roles.filter(({ rank }) => rank < 75).map(({ name }) => name) // ['member', 'viewer']
   * ```
   */
  knownRoles(): Promise<readonly RoleDefinition[]>

  /**
   * The id of the organization that owns the rows from before the conversion, if there is one. It says nothing about who
   * is a member.
   *
   * @throws {TenancyError} `CONTROL_PLANE_MISSING` on a database of an older version.
   *
   * @example
   * ```ts
   * const organization = await organizations.findDefaultOrganization()
   * ```
   */
  findDefaultOrganization(): Promise<string | undefined>
}

const columns =
  'organization_id::text as "organizationId", slug, organization_status as "organizationStatus", role, ' +
  'membership_status as "membershipStatus"'

interface Asked {
  readonly organization: string
  readonly userId: string
}

/** Each is one call of a function that answers about one user, or about each of several by itself. */
export function createLookups({ tenancy, control }: ControlPlane): Lookups {
  const ask = async <Row extends object>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> => {
    const { rows } = await explained({}, () => tenancy.bootstrap(() => tenancy.pool.query<Row>(sql, [...values])))
    return rows
  }
  const findMembers = `select ordinal, ${columns}, permissions from ${control}.find_members($1::text[], $2::text[])`
  const findMembership = coalesce<Asked, Membership | undefined>({
    // With the length, so that no two questions have one key, whatever they contain.
    keyOf: ({ organization, userId }) => `${organization.length} ${organization}${userId}`,
    isOfOne,
    ask: async (asked) => {
      const values = [asked.map(({ organization }) => organization), asked.map(({ userId }) => userId)]
      return inPlaces(asked, await ask<Found>(findMembers, values))
    },
  })
  return {
    findMembership,
    listMine: (userId) => ask<OwnMembership>(`select ${columns}, name from ${control}.list_memberships($1)`, [userId]),
    knownRoles: () => listRoles(ask, control),
    findDefaultOrganization: async () => {
      const rows = await ask<{ id: string | null }>(`select ${control}.find_default_organization()::text as id`, [])
      return rows[0]?.id ?? undefined
    },
  }
}

interface Found extends Membership {
  readonly ordinal: number
}

function inPlaces(asked: readonly Asked[], found: readonly Found[]): readonly (Membership | undefined)[] {
  const places: (Membership | undefined)[] = Array.from({ length: asked.length })
  for (const { ordinal, ...membership } of found) {
    const at = ordinal - 1
    // One organization's slug may be the text of another's id: an id cannot be chosen, and wins.
    if (places[at] === undefined || membership.organizationId === asked[at]?.organization)
      places[at] = Object.freeze(membership)
  }
  return places
}

/** A text that the database cannot hold, in its encoding, makes the whole statement fail: class 22, data exceptions. */
function isOfOne(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith('22') === true
}
