import { becomeOperator, type PlanSettings, type Session } from '@partywall/rls-migrations'
import type { RunStatement } from '@partywall/tenancy-core'

/**
 * Runs each statement as the operator, in a transaction of its own: from enforce on, the owner of the tables is bound by
 * policies that give it no row.
 */
export async function asOperator(session: Session, settings: PlanSettings): Promise<RunStatement> {
  const takesBack = await mustTakeBack(session, settings.roles.operator)
  return async <Row extends object>(text: string, values: readonly unknown[]) => {
    await session.query('begin')
    try {
      await becomeOperator(session, settings)
      const { rows } = await session.query<Row>(text, values)
      await session.query('reset role')
      if (takesBack) await session.query(`revoke "${settings.roles.operator.replaceAll('"', '""')}" from current_user`)
      await session.query('commit')
      return rows
    } catch (error) {
      await session.query('rollback')
      throw error
    }
  }
}

/** Before PostgreSQL 16 becoming the operator makes the login a member of it, which must not outlast the statement. */
async function mustTakeBack(session: Session, operator: string): Promise<boolean> {
  const { rows } = await session.query<{ temporary: boolean }>(
    `select current_setting('server_version_num')::int < 160000 and not rolsuper and not pg_has_role(current_user, $1, 'member') as temporary
     from pg_roles where rolname = current_user`,
    [operator],
  )
  return rows[0]?.temporary === true
}
