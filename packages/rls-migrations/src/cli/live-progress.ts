import type { OnProgress, Progress } from '../apply/progress.ts'
import type { CliIo } from './command.ts'

/** Milliseconds a step must take before a plain log mentions it by itself. */
const SLOW_STEP_MS = 1000

interface State {
  label: string
  done: number
  total: number
}

/** Shows a run: a line for each phase that is redrawn on a terminal; elsewhere a line for each hundredth, slow or stuck step. */
export function showProgress(io: CliIo): OnProgress {
  const state: State = { label: '', done: 0, total: 0 }
  const show = io.isLive ? showLive : showPlain
  return (progress) => {
    count(state, progress)
    const line = show(state, progress)
    if (line !== undefined) io.writeError(line)
  }
}

function count(state: State, progress: Progress): void {
  if (progress.type === 'planned') {
    const [first] = progress.operations
    state.label = first !== undefined && 'phase' in first ? String(first.phase) : 'rollback'
    state.done = 0
    state.total = progress.operations.length
  }
  if (progress.type === 'finished' || progress.type === 'left') state.done += 1
}

const REDRAW = '\r\u001b[2K'

function showLive(state: State, progress: Progress): string | undefined {
  const position = `${bar(state)} ${state.label.padEnd(8)} ${state.done}/${state.total}`
  switch (progress.type) {
    case 'planned':
      return undefined
    case 'waiting':
      return `${REDRAW}${position}  waiting for ${progress.operation.lock}, try ${progress.attempt}: ${inTheWay(progress.blockers)}`
    case 'batch':
      return `${REDRAW}${position}  ${progress.operation.summary}: ${batchText(progress)}`
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

function bar({ done, total }: State): string {
  const width = 20
  const full = total === 0 ? width : Math.round((done / total) * width)
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`
}

function showPlain(state: State, progress: Progress): string | undefined {
  const position = `${state.label} ${state.done}/${state.total}`
  switch (progress.type) {
    case 'planned':
      return state.total === 0 ? undefined : `${state.label}: ${state.total} steps\n`
    case 'started':
      return undefined
    case 'waiting':
      // The first try and every tenth after it: enough to see that something is in the way.
      return progress.attempt % 10 === 1
        ? `${position}: waiting for ${progress.operation.lock}: ${progress.operation.summary}; in the way: ${inTheWay(progress.blockers)}\n`
        : undefined
    case 'batch':
      return progress.held === undefined
        ? undefined
        : `${position}: ${progress.operation.summary}: ${batchText(progress)}\n`
    case 'left':
      return `${position}: left to a DBA: ${progress.operation.summary} (${progress.reason})\n`
    case 'finished': {
      const isMark = state.done === state.total || state.done % 100 === 0 || progress.durationMs > SLOW_STEP_MS
      return isMark ? `${position}: ${progress.operation.summary} (${Math.round(progress.durationMs)} ms)\n` : undefined
    }
  }
}

function batchText({ rows, fraction, held }: Progress & { type: 'batch' }): string {
  const done = `${Math.floor(fraction * 100)} %, ${rows} rows`
  return held === undefined ? done : `${done}; held back: ${held}`
}

function inTheWay(blockers: readonly string[]): string {
  return blockers.length === 0 ? 'short transactions' : blockers.join(', ')
}
