import { setTimeout as wait } from 'node:timers/promises'
import { hasReached } from '../../plan/step.ts'
import { controlPlaneTables } from '../control-plane/control-plane-tables.ts'
import { newOrganization, type ProbeSetup } from '../make-target.ts'
import { describe } from '../probe.ts'
import { Busy, demand, isBusy, type ProbeLane } from '../probe-lane.ts'
import type { Crossing, ProbeCount } from '../verify-report.ts'
import type { ObjectAttempt, ObjectScene } from './object-probe.ts'
import { objectProbes } from './object-probes.ts'
import { recordsOf } from './object-records.ts'

export interface ObjectResult {
  readonly run: number
  readonly blocked: number
  readonly byProbe: readonly ProbeCount[]
  readonly crossings: readonly Crossing[]
}

/** Where nothing of it is asked for. */
export const noObjects: ObjectResult = { run: 0, blocked: 0, byProbe: [], crossings: [] }

const PATIENCE = 5
/** Of large objects, of which there may be millions. */
const MOST_LARGE_OBJECTS = 20

interface ObjectAttack {
  readonly probe: string
  readonly attempt: ObjectAttempt
}

/**
 * Attacks what is no table of the host, in transactions that are always rolled back, each within the budget of one. An
 * answer that nobody expected is no refusal, and is told.
 */
export async function probeObjects(setup: ProbeSetup, lane: ProbeLane): Promise<ObjectResult> {
  const crossings: Crossing[] = []
  const counts = new Map<string, { run: number; blocked: number }>()
  let [done, total, patience] = [0, Infinity, PATIENCE]
  while (done < total) {
    const startedAt = performance.now()
    try {
      demand(await lane.begin())
      const attacks = attacksOn(await makeScene(setup, lane))
      total = attacks.length
      demand(await lane.run([...(lane.as('app') ?? []), 'savepoint partywall_probe']))
      while (done < total) {
        const { probe, attempt } = attacks[done] as ObjectAttack
        const outcome = await lane.run(['rollback to savepoint partywall_probe', ...attempt.statements])
        if (outcome.kind === 'error' && isBusy(outcome.sqlState)) throw new Busy(describe(outcome))
        const verdict = attempt.judge(outcome)
        const count = counts.get(probe) ?? { run: 0, blocked: 0 }
        counts.set(probe, { run: count.run + 1, blocked: count.blocked + (verdict.kind === 'blocked' ? 1 : 0) })
        if (verdict.kind !== 'blocked') crossings.push({ table: attempt.object, probe, detail: verdict.detail })
        done += 1
        if (performance.now() - startedAt >= setup.transactionBudgetMs) break
      }
    } catch (error) {
      if (!(error instanceof Busy) || patience === 0) throw error
      patience -= 1
      await wait(20 * (PATIENCE - patience))
    } finally {
      await lane.rollback()
    }
  }
  const byProbe = [...counts].map(([probe, count]) => ({ probe, ...count }))
  const sum = (member: 'run' | 'blocked'): number => byProbe.reduce((all, one) => all + one[member], 0)
  return { run: sum('run'), blocked: sum('blocked'), byProbe, crossings }
}

function attacksOn(scene: ObjectScene): readonly ObjectAttack[] {
  return objectProbes.flatMap((probe) => probe.attempts(scene).map((attempt) => ({ probe: probe.name, attempt })))
}

/**
 * Makes records of both organizations, where a second one may exist. What is refused is not there: the attacks meet what
 * the database has.
 */
async function makeScene(setup: ProbeSetup, lane: ProbeLane): Promise<ObjectScene> {
  const { plan, phase, setting, catalog } = setup
  const { settings } = plan
  const isOpen = hasReached(phase, 'contract')
  const a = newOrganization(setup)
  const b = isOpen ? newOrganization(setup) : (settings.defaultOrganization?.id ?? newOrganization(setup))
  if (isOpen && settings.root === null) {
    for (const record of [a, b].flatMap((one) => recordsOf(settings, one))) {
      const made = await lane.run(['savepoint partywall_record', ...(lane.as('operator') ?? []), record])
      if (made.kind === 'rows') continue
      if (isBusy(made.sqlState)) throw new Busy(describe(made))
      demand(await lane.run(['rollback to savepoint partywall_record']))
    }
  }
  const objects = await lane.run([
    `select oid::pg_catalog.text as number from pg_catalog.pg_largeobject_metadata order by oid desc limit ${MOST_LARGE_OBJECTS}`,
  ])
  return {
    settings,
    setting,
    a,
    b,
    records: controlPlaneTables(settings).filter((table) => installed(setup, table.name)),
    sequences: catalog.tables.flatMap((table) => table.sequences),
    largeObjects: objects.kind === 'rows' ? objects.rows.map((row) => String(row['number'])) : [],
  }
}

/** The plan may be older than the tool. */
function installed({ plan }: ProbeSetup, table: string): boolean {
  return plan.steps.some(
    (step) =>
      step.kind === 'migration' &&
      step.checks.some(({ object }) => object === `table ${plan.settings.controlSchema}.${table}`),
  )
}
