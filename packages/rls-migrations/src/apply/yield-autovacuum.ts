import { defaultLockTimeout, type Session } from '../database/session.ts'

/** How often a step finds autovacuum in its way before it asks it to go. */
export const AUTOVACUUM_PATIENCE = 3

/**
 * Takes a lock, for the transaction that is open, on a table that autovacuum holds. The lock stops neither reads nor
 * writes, and nobody queues behind it, so it may be waited for until the server's deadlock check finds autovacuum in the
 * way and cancels it: with the short `lock_timeout` of the steps that check never comes. A vacuum that prevents
 * wraparound is not cancelled.
 */
export async function yieldAutovacuum(session: Session, relation: string): Promise<void> {
  const { rows } = await session.query<{ before: string; patience: string }>(
    `select current_setting('lock_timeout') as before, (extract(epoch from current_setting('deadlock_timeout')::interval) * 1000 + 500)::int::text as patience`,
  )
  const { before = defaultLockTimeout, patience = '1500' } = rows[0] ?? {}
  await session.query(`set local lock_timeout = ${patience}`)
  await session.query(`lock table ${relation} in share update exclusive mode`)
  await session.query("select set_config('lock_timeout', $1, true)", [before])
}
