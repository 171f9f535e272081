import { rateOf, type Progress } from '../apply/progress.ts'

/** Where a run is: the phase, or the rollback, and how many of its steps are done. */
export interface RunPosition {
  label: string
  done: number
  total: number
  /** When the step began that is at work, on the clock of `performance`. */
  stepStartedAt: number
}

/** One event of a run as a line of JSON, with where the run is. */
export function progressLine(run: RunPosition, progress: Progress): string {
  const position = { phase: run.label, done: run.done, total: run.total }
  return `${JSON.stringify({ progress: progress.type, ...position, ...factsOf(run, progress) })}\n`
}

function factsOf({ stepStartedAt }: RunPosition, progress: Progress): Readonly<Record<string, unknown>> {
  if (progress.type === 'planned') return { steps: progress.operations.map(({ id }) => id) }
  const { id, lock } = progress.operation
  const table = 'table' in progress.operation ? { table: progress.operation.table } : {}
  const step = { step: id, ...table }
  switch (progress.type) {
    case 'started':
      return { ...step, lock }
    case 'waiting':
      return { ...step, lock, attempt: progress.attempt, blockers: progress.blockers }
    case 'advanced': {
      const rate = rateOf(progress)
      return {
        ...step,
        doing: progress.phase,
        unitsDone: progress.done,
        unitsTotal: progress.total,
        unit: progress.unit,
        perSecond: rate === undefined ? null : Math.round(rate.perSecond),
        remainingMs: rate?.remainingMs === undefined ? null : Math.round(rate.remainingMs),
      }
    }
    case 'batch': {
      const { rows, fraction, held = null } = progress
      return { ...step, rows, fraction, ...batchRate(stepStartedAt, progress), held }
    }
    case 'finished':
      return { ...step, durationMs: Math.round(progress.durationMs) }
    case 'left':
      return { ...step, reason: progress.reason }
  }
}

/** How fast a step in batches is, and how long it will go on at that. */
export function batchRate(
  stepStartedAt: number,
  { rows, fraction }: { readonly rows: number; readonly fraction: number },
): { readonly perSecond: number | null; readonly remainingMs: number | null } {
  const elapsedMs = performance.now() - stepStartedAt
  const remainingMs = rateOf({ done: fraction, total: 1, elapsedMs })?.remainingMs
  return {
    perSecond: elapsedMs > 0 ? Math.round((rows * 1000) / elapsedMs) : null,
    remainingMs: remainingMs === undefined ? null : Math.round(remainingMs),
  }
}
