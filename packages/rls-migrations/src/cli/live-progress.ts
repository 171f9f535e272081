import { describeBlockers } from '../apply/blockers.ts'
import { rateOf, type OnProgress, type Progress } from '../apply/progress.ts'
import type { CommandContext } from './command.ts'
import { batchRate, progressLine, type RunPosition } from './progress-line.ts'

/** Milliseconds a step must take before a plain log mentions it by itself. */
const SLOW_STEP_MS = 1000

/**
 * Shows a run on standard error: with `--json` an object a line; on a terminal a line for each phase that is redrawn;
 * elsewhere a line for each hundredth, slow or stuck step.
 */
export function showProgress({ io, json }: Pick<CommandContext, 'io' | 'json'>): OnProgress {
  const state: RunPosition = { label: '', done: 0, total: 0, stepStartedAt: 0 }
  const show = json ? progressLine : io.isLive ? showLive : createPlain()
  return (progress) => {
    count(state, progress)
    const line = show(state, progress)
    if (line !== undefined) io.writeError(line)
  }
}

function count(state: RunPosition, progress: Progress): void {
  if (progress.type === 'planned') {
    const [first] = progress.operations
    state.label = first !== undefined && 'phase' in first ? String(first.phase) : 'rollback'
    state.done = 0
    state.total = progress.operations.length
  }
  if (progress.type === 'started') state.stepStartedAt = performance.now()
  if (progress.type === 'finished' || progress.type === 'left') state.done += 1
}

const REDRAW = '\r\u001b[2K'

function showLive(state: RunPosition, progress: Progress): string | undefined {
  const position = `${bar(state)} ${state.label.padEnd(8)} ${state.done}/${state.total}`
  switch (progress.type) {
    case 'planned':
      return undefined
    case 'waiting':
      return `${REDRAW}${position}  waiting for ${progress.operation.lock}, try ${progress.attempt}: ${describeBlockers(progress.blockers)}`
    case 'advanced':
      return `${REDRAW}${position}  ${progress.operation.summary}: ${advance(progress)}`
    case 'batch':
      return `${REDRAW}${position}  ${progress.operation.summary}: ${batchText(state, progress)}`
    case 'left':
      return `${REDRAW}  left to a DBA: ${progress.operation.summary}\n`
    case 'started':
      return `${REDRAW}${position}  ${progress.operation.summary}`
    case 'finished':
      return state.done === state.total
        ? `${REDRAW}${position}\n`
        : `${REDRAW}${position}  ${progress.operation.summary}`
  }
}

function bar({ done, total }: RunPosition): string {
  const width = 20
  const full = total === 0 ? width : Math.round((done / total) * width)
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`
}

/** Milliseconds between two lines of a plain log about one long step. */
const ADVANCE_EVERY_MS = 10_000

function createPlain(): (state: RunPosition, progress: Progress) => string | undefined {
  let toldAt = Number.NEGATIVE_INFINITY
  return (state, progress) => {
    if (progress.type !== 'advanced' && progress.type !== 'batch') return showPlain(state, progress)
    const isHeld = progress.type === 'batch' && progress.held !== undefined
    if (!isHeld && performance.now() - toldAt < ADVANCE_EVERY_MS) return undefined
    toldAt = performance.now()
    const how = progress.type === 'batch' ? batchText(state, progress) : advance(progress)
    return `${state.label} ${state.done}/${state.total}: ${progress.operation.summary}: ${how}\n`
  }
}

function showPlain(
  state: RunPosition,
  progress: Exclude<Progress, { type: 'advanced' | 'batch' }>,
): string | undefined {
  const position = `${state.label} ${state.done}/${state.total}`
  switch (progress.type) {
    case 'planned':
      return state.total === 0 ? undefined : `${state.label}: ${state.total} steps\n`
    case 'started':
      return undefined
    case 'waiting':
      // The first try and every tenth after it: enough to see that something is in the way.
      return progress.attempt % 10 === 1
        ? `${position}: waiting for ${progress.operation.lock}: ${progress.operation.summary}; in the way: ${describeBlockers(progress.blockers)}\n`
        : undefined
    case 'left':
      return `${position}: left to a DBA: ${progress.operation.summary} (${progress.reason})\n`
    case 'finished': {
      const isMark = state.done === state.total || state.done % 100 === 0 || progress.durationMs > SLOW_STEP_MS
      return isMark ? `${position}: ${progress.operation.summary} (${Math.round(progress.durationMs)} ms)\n` : undefined
    }
  }
}

/** `40 %, 120000 rows, 30000 rows/s, 6 s left`. */
function batchText({ stepStartedAt }: RunPosition, { rows, fraction, held }: Progress & { type: 'batch' }): string {
  const { perSecond, remainingMs } = batchRate(stepStartedAt, { rows, fraction })
  return [
    `${Math.floor(fraction * 100)} %`,
    `${rows} rows`,
    ...(perSecond === null ? [] : [`${perSecond} rows/s`]),
    ...(remainingMs === null ? [] : [`${Math.ceil(remainingMs / 1000)} s left`]),
    ...(held === undefined ? [] : [`held back: ${held}`]),
  ].join(', ')
}

/** `building index, 40 %, 12000 blocks/s, 8 s left`. */
function advance(progress: Extract<Progress, { type: 'advanced' }>): string {
  const { phase, done, total, unit } = progress
  const rate = rateOf(progress)
  return [
    phase,
    total > 0 ? `${Math.floor((done / total) * 100)} %` : `${done} ${unit}`,
    ...(rate === undefined ? [] : [`${Math.round(rate.perSecond)} ${unit}/s`]),
    ...(rate?.remainingMs === undefined ? [] : [`${Math.ceil(rate.remainingMs / 1000)} s left`]),
  ].join(', ')
}
