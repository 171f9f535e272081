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
   * const slugs = (await organizations.listMine('42')).map(({ slug }) => slug)
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
   * const grantable = (await organizations.knownRoles()).filter(({ rank }) => rank < mine.rank)
   * ```
   */
  knownRoles(): Promise<readonly RoleDefinition[]>
}

const columns =
  'organization_id::text as "organizationId", slug, organization_status as "organizationStatus", role, ' +
  'membership_status as "membershipStatus"'

/** Each is one call of a function that answers about one user. */
export function createLookups({ tenancy, control }: ControlPlane): Lookups {
  const ask = async <Row extends object>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> => {
    const { rows } = await explained({}, () => tenancy.bootstrap(() => tenancy.pool.query<Row>(sql, [...values])))
    return rows
  }
  return {
    findMembership: async ({ organization, userId }) => {
      const rows = await ask<Membership>(`select ${columns}, permissions from ${control}.find_member($1, $2)`, [
        organization,
        userId,
      ])
      // One organization's slug may be the text of another's id: an id cannot be chosen, and wins.
      return rows.find(({ organizationId }) => organizationId === organization) ?? rows[0]
    },
    listMine: (userId) => ask<OwnMembership>(`select ${columns}, name from ${control}.list_memberships($1)`, [userId]),
    knownRoles: () => listRoles(ask, control),
  }
}
