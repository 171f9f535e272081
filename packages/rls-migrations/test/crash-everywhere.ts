import { expect } from 'vitest'
import { applyPlan } from '../src/apply/apply-plan.ts'
import { runnerName } from '../src/apply/runner-lock.ts'
import { compareSnapshots, readSchemaSnapshot, type SchemaSnapshot } from '../src/catalog/schema-snapshot.ts'
import type { PartywallConfig } from '../src/config/conversion-config.ts'
import { resolveConfig } from '../src/config/resolve-config.ts'
import { readConversion } from '../src/conversion.ts'
import { openSession, type Session } from '../src/database/session.ts'
import type { Plan } from '../src/plan/plan.ts'
import { rollbackPlan } from '../src/rollback/rollback-plan.ts'
import { Crash, CrashPoints } from './crash-points.ts'
import type { OwnedDatabase } from './owned-database.ts'

export interface CrashEverywhere {
  readonly config: PartywallConfig
  /** Crash after each so many-th statement; 1 is all of them. */
  readonly every: number
}

/**
 * Converts and rolls back with a crash after every statement, and compares the ends with those of runs that nobody
 * disturbed. Tells how many crashes each way had.
 */
export async function crashEverywhere(
  database: OwnedDatabase,
  { config, every }: CrashEverywhere,
): Promise<{ readonly apply: number; readonly rollback: number }> {
  // The organization's id is in column defaults: equal ends need equal ids.
  const resolved = resolveConfig({ ...config, defaultOrganization: { id: '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f' } })
  const inSession = async <Result>(run: (session: Session) => Promise<Result>): Promise<Result> => {
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    return await run(session)
  }
  const planOf = async (session: Session): Promise<Plan> => (await readConversion(session, resolved)).plan
  const before = await inSession(readSchemaSnapshot)
  const converted = await inSession(async (session) => {
    await applyPlan({ session, plan: await planOf(session), to: 'enforce' })
    return await readSchemaSnapshot(session)
  })
  await inSession(async (session) => rollbackPlan({ session, plan: await planOf(session), to: 'none' }))

  const endsLike = async (expected: SchemaSnapshot, what: string): Promise<void> =>
    expect(compareSnapshots(expected, await inSession(readSchemaSnapshot)), what).toEqual([])
  const crashing = async (run: (session: Session, points: CrashPoints) => Promise<unknown>): Promise<number> => {
    const points = new CrashPoints(every)
    for (;;) {
      try {
        await inSession(async (session) => run(points.wrap(session), points))
        return points.crashes
      } catch (error) {
        if (!(error instanceof Crash)) throw error
      }
    }
  }
  const apply = await crashing(async (session, { onProgress }) =>
    applyPlan({ session, plan: await planOf(session), to: 'enforce', onProgress }),
  )
  await endsLike(converted, 'converted')
  const rollback = await crashing(async (session, { onProgress }) =>
    rollbackPlan({ session, plan: await planOf(session), to: 'none', onProgress }),
  )
  await endsLike(before, 'rolled back')
  return { apply, rollback }
}
