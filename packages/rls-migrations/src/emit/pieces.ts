import { TenancyError } from '@partywall/tenancy-core'
import { phases, type Phase, type Step } from '../plan/step.ts'

/** Steps that share a file, and a transaction unless they are concurrent. */
export interface Piece {
  readonly phase: Phase
  /** Whether a DBA runs it: roles, and what the owner of the tables often may not do. */
  readonly dba: boolean
  readonly mode: 'transaction' | 'concurrent'
  readonly steps: readonly Step[]
}

/** Locks that stop nobody. */
const openLocks = new Set(['none', 'ACCESS SHARE'])

/**
 * Cuts steps into pieces that hold no lock for longer than their own instant: one table a transaction, what scans apart
 * from what locks, and CONCURRENTLY by itself. The order of the steps is kept.
 *
 * @throws TenancyError `EMIT_IMPOSSIBLE` when a step is no statement: rows that are written batch by batch.
 */
export function cutIntoPieces(steps: readonly Step[]): readonly Piece[] {
  for (const step of steps) refuseBatches(step)
  return phases.flatMap((phase) => {
    const ofPhase = steps.filter((step) => step.phase === phase)
    const dba = ofPhase.filter(isForDba)
    const own = ofPhase.filter((step) => !isForDba(step)).flatMap(onePartitionEach)
    const privileged: Piece[] = dba.length === 0 ? [] : [{ phase, dba: true, mode: 'transaction', steps: dba }]
    return [...privileged, ...cut(phase, own)]
  })
}

/** What is built without a lock on each partition is built by itself on each: no transaction takes more than one. */
function onePartitionEach(step: Step): readonly Step[] {
  if (step.each === undefined || step.mode !== 'concurrent') return [step]
  const { index: _index, ...rest } = step
  return step.statements.map((statement) => ({ ...rest, statements: [statement] }))
}

function isForDba(step: Step): boolean {
  return step.kind === 'role' || step.privileged === true
}

function cut(phase: Phase, steps: readonly Step[]): readonly Piece[] {
  const pieces: { steps: Step[] }[] = []
  for (const step of steps) {
    const last = pieces.at(-1)?.steps
    if (last !== undefined && mayShare(last.at(-1) as Step, step)) last.push(step)
    else pieces.push({ steps: [step] })
  }
  return pieces.map((piece) => ({
    phase,
    dba: false,
    mode: piece.steps[0]?.mode === 'concurrent' ? 'concurrent' : 'transaction',
    steps: piece.steps,
  }))
}

function mayShare(one: Step, next: Step): boolean {
  const isPlain = (step: Step): boolean => step.mode === 'transaction' && !step.scans && step.kind !== 'migration'
  if (!isPlain(one) || !isPlain(next)) return false
  if (openLocks.has(one.lock) && openLocks.has(next.lock)) return one.kind === next.kind
  // A foreign key locks its parent as well.
  const locksOne = (step: Step): boolean => step.lock === 'ACCESS EXCLUSIVE' && step.kind !== 'drop-foreign-key'
  return locksOne(one) && locksOne(next) && one.table === next.table
}

function refuseBatches(step: Step): void {
  if (step.mode === 'transaction' || step.mode === 'concurrent') return
  throw new TenancyError(
    'EMIT_IMPOSSIBLE',
    `${step.id} is no statement: rows are read and written batch by batch, with a place in the journal. Use partywall apply.`,
    { details: { step: step.id } },
  )
}
