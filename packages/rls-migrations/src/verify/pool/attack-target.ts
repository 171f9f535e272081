import { hasReached } from '../../plan/step.ts'
import type { ProbeSetup } from '../make-target.ts'
import type { Attempt, Probe, ProbeTarget } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import type { Examples } from '../rows/examples.ts'
import type { PoolLane } from './pool-lane.ts'

/** What is attacked through the pool of a service. */
export interface PoolAttackOptions {
  /** The tables as people write them: `orders`, or `billing.invoices` outside of `public`. @defaultValue all behind a wall */
  readonly tables?: readonly string[] | undefined
  /**
   * Two organizations, whose rows are made and taken away again. @defaultValue two that exist nowhere else; a root of the
   * host's own needs two of its rows, and a table of people two organizations with members of their own
   */
  readonly organizations?: readonly [string, string] | undefined
  /** @defaultValue `org_id` */
  readonly tenantColumn?: string | undefined
  /** @defaultValue `app.current_tenant_id` */
  readonly setting?: string | undefined
  /** The schema of the control plane. @defaultValue `partywall` */
  readonly controlSchema?: string | undefined
}

export interface Lanes {
  /** Makes and removes rows. */
  readonly maker: PoolLane
  readonly attacker: PoolLane
  /** Reads live rows as the second organization. */
  readonly examples: (setup: Pick<ProbeSetup, 'shapes'>) => Examples
}

/** The tables of a service, and the two organizations that meet there. */
export interface Attacked {
  readonly setup: ProbeSetup
  readonly lanes: Lanes
  readonly organizations: readonly [string, string]
}

export interface TableAttack {
  readonly run: number
  readonly blocked: number
  readonly crossings: readonly { readonly probe: string; readonly detail: string }[]
  readonly reason: string | undefined
}

/** The attacks that can be sent through a pool, those aside that are left out by name. */
export async function attack(
  { setup, lanes }: Attacked,
  target: ProbeTarget,
  without: readonly string[] = [],
): Promise<TableAttack> {
  let [run, blocked] = [0, 0]
  const crossings: { probe: string; detail: string }[] = []
  const unexpected: string[] = []
  const removal = removeRow(setup, target.b)
  for (const { probe, attempt } of attempts(setup, target).filter(({ probe }) => !without.includes(probe.name))) {
    const statements = withoutRemoval(attempt.statements, removal)
    if (!lanes.attacker.takes(statements)) continue
    const outcome = await lanes.attacker.run(statements)
    // B's own child stands in the way of a reference that only one row may have: that says nothing of the wall.
    if (statements !== attempt.statements && outcome.kind === 'error' && outcome.sqlState === '23505') continue
    const verdict = attempt.judge(outcome)
    run += 1
    if (verdict.kind === 'blocked') blocked += 1
    else if (verdict.kind === 'crossing') crossings.push({ probe: probe.name, detail: verdict.detail })
    else unexpected.push(`${probe.name}: ${verdict.detail}`)
  }
  return { run, blocked, crossings, reason: unexpected[0] }
}

export function notAttacked(reason: string): TableAttack {
  return { run: 0, blocked: 0, crossings: [], reason }
}

/** One transaction is that of one organization: what B removes first, to make room, stays. */
function withoutRemoval(statements: readonly string[], removal: readonly string[]): readonly string[] {
  const isFirst = removal.length > 0 && removal.every((one, at) => one === statements[at])
  return isFirst ? statements.slice(removal.length) : statements
}

function attempts(
  { probes, phase }: ProbeSetup,
  target: ProbeTarget,
): readonly { readonly probe: Probe; readonly attempt: Attempt }[] {
  return probes
    .filter((probe) => probe.classes.includes(target.class) && hasReached(phase, probe.since ?? 'expand'))
    .flatMap((probe) => probe.attempts(target).map((attempt) => ({ probe, attempt })))
    .filter(({ attempt }) => attempt.stage !== 'afterwards')
}
