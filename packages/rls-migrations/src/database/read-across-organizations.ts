import type { PlanSettings } from '../plan/plan.ts'
import { quoteIdentifier } from '../sql/identifier.ts'
import type { Session } from './session.ts'

/**
 * Reads as the operator, in a transaction that is rolled back. Under FORCE the owner's own reading would fail; before
 * the policies stand the operator may not read, but then the owner may.
 */
export async function readAcrossOrganizations<Result>(
  session: Session,
  settings: PlanSettings,
  read: () => Promise<Result>,
): Promise<Result> {
  await session.query('begin')
  try {
    if (await isForced(session, settings)) await becomeOperator(session, settings)
    return await read()
  } finally {
    await session.query('rollback')
  }
}

async function isForced(session: Session, settings: PlanSettings): Promise<boolean> {
  const { rows } = await session.query<{ forced: boolean }>(
    `select exists (select from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = $1 where c.relforcerowsecurity)
        and not (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as forced`,
    [settings.tenantColumn],
  )
  return rows[0]?.forced === true
}

/**
 * Takes on the role of the operator until the transaction ends.
 *
 * @example
 * ```ts
 * await session.query('begin')
 * await becomeOperator(session, plan.settings)
 * const { rows } = await session.query('select count(*)::int as projects from public.projects')
 * await session.query('rollback')
 * rows // [{ projects: 2 }]
 * ```
 */
export async function becomeOperator(session: Session, settings: PlanSettings): Promise<void> {
  await becomeRole(session, settings.roles.operator)
}

/** Takes on one of our roles until the transaction ends, bound by its policies. */
export async function becomeRole(session: Session, role: string): Promise<void> {
  const name = quoteIdentifier(role)
  const { rows } = await session.query<{ temporary: boolean }>(
    "select current_setting('server_version_num')::int < 160000 and not rolsuper as temporary from pg_roles where rolname = current_user",
  )
  // Before 16 the login is no member for good, since a membership would always inherit; this one ends with the transaction.
  if (rows[0]?.temporary === true) await session.query(`grant ${name} to current_user`)
  await session.query(`set local role ${name}`)
  await session.query('set local row_security = on')
}
