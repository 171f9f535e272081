import { expect } from 'vitest'
import { applyPlan } from '../src/apply/apply-plan.ts'
import { runnerName } from '../src/apply/runner-lock.ts'
import { compareSnapshots, readSchemaSnapshot, type SchemaSnapshot } from '../src/catalog/schema-snapshot.ts'
import type { PartywallConfig } from '../src/config/conversion-config.ts'
import { resolveConfig } from '../src/config/resolve-config.ts'
import { readConversion } from '../src/conversion.ts'
import { openSession } from '../src/database/session.ts'
import type { Plan } from '../src/plan/plan.ts'
import { rollbackPlan } from '../src/rollback/rollback-plan.ts'
import type { OwnedDatabase } from './owned-database.ts'

/** Converts up to enforce and rolls back phase by phase; each rollback must give the very schema of its phase. */
export async function roundTrip(database: OwnedDatabase, config: PartywallConfig = {}): Promise<Plan> {
  await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  const { plan } = await readConversion(session, resolveConfig(config))
  const snapshots = new Map<string, SchemaSnapshot>([['none', await readSchemaSnapshot(session)]])
  for (const to of ['expand', 'contract', 'enforce'] as const) {
    await applyPlan({ session, plan, to })
    snapshots.set(to, await readSchemaSnapshot(session))
  }
  for (const to of ['contract', 'expand', 'none'] as const) {
    await rollbackPlan({ session, plan, to })
    expect(compareSnapshots(snapshots.get(to) as SchemaSnapshot, await readSchemaSnapshot(session)), to).toEqual([])
  }
  return plan
}

/** The hazards of a plan, as `severity id: object`. */
export function hazardsOf(plan: Plan, ...ids: readonly string[]): string[] {
  return plan.hazards
    .filter((hazard) => ids.includes(hazard.id))
    .map((hazard) => `${hazard.severity} ${hazard.id}: ${hazard.object}`)
}
