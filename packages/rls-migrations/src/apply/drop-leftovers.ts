import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import { hasReached, type Phase } from '../plan/step.ts'

/**
 * Drops what a rollback built and did not use, because it was cut off and the conversion went forward again: an index
 * on an old key, with no constraint on it, would stay unique across all organizations.
 */
export async function dropLeftovers(session: Session, plan: Plan, phase: Phase): Promise<void> {
  if (!hasReached(phase, 'contract')) return
  const inverses = plan.steps.filter((step) => step.phase === 'contract').flatMap((step) => step.inverse)
  const indexes = inverses.flatMap((inverse) =>
    inverse.stage === 'narrow-indexes' && inverse.index !== undefined ? [inverse.index] : [],
  )
  const { rows } = await session.query<{ name: string }>(
    `select name from unnest($1::text[]) name where to_regclass(name) is not null
       and not exists (select from pg_constraint k where k.conindid = to_regclass(name)::oid)`,
    [indexes],
  )
  for (const { name } of rows) await session.query(`drop index concurrently if exists ${name}`)
  for (const { leftovers } of inverses.filter((inverse) => inverse.leftovers !== undefined)) {
    const left = await session.query<{ statement: string }>(leftovers ?? '')
    for (const { statement } of left.rows) await session.query(statement)
  }
}
