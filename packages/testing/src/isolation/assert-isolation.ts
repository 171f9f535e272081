import { attackThroughPool, type IsolationScope, type PoolAttackOptions } from '@partywall/rls-migrations'
import { TenancyError } from '@partywall/tenancy-core'

/**
 * Proves through the pool of a service that one organization does not read, write or reference the rows of another, table
 * by table: for a test of your own, on every pull request. On a test database that is converted: rows of two organizations
 * are committed, and deleted afterwards; people, and rows of a root of the host's own, are not made: `organizations` names
 * two that have them. `verify` proves more, as the owner of the database: functions, views, connections,
 * roles.
 *
 * @param tenancy - What `createTenancy()` returned, with the login of the application.
 * @throws {TenancyError} `ISOLATION_BROKEN` when something crossed: `details.crossings` has the table, the attack and what
 * happened of each.
 * @throws {TenancyError} `ISOLATION_UNPROVED` when a table could not be attacked, such as for want of a row of a table
 * that the application may not write to: `details.unproved` says why.
 *
 * @example
 * ```ts
 * it('keeps organizations apart', () => assertIsolation(tenancy, { tables: ['repositories', 'tests'] }))
 * ```
 */
export async function assertIsolation(tenancy: IsolationScope, options: PoolAttackOptions = {}): Promise<void> {
  const { tables, crossings, unproved } = await attackThroughPool(tenancy, options)
  if (crossings.length > 0) {
    const lines = crossings.map(({ table, probe, detail }) => `  ${table}  ${probe}  ${detail}`)
    throw new TenancyError(
      'ISOLATION_BROKEN',
      `One organization reaches the rows of another:\n${lines.join('\n')}\nRun partywall lint, which names what is missing.`,
      { details: { crossings } },
    )
  }
  if (unproved.length > 0 || tables.length === 0) {
    const lines = unproved.map(({ table, reason }) => `  ${table}  ${reason}`)
    const what = tables.length === 0 ? '  no table is behind a wall' : lines.join('\n')
    throw new TenancyError(
      'ISOLATION_UNPROVED',
      `Nothing crossed, and this could not be attacked to the end:\n${what}`,
      {
        details: { unproved },
      },
    )
  }
}
