import type { OnProgress, Progress } from '../apply/progress.ts'
import type { CliIo } from './command.ts'

/** Milliseconds a step must take before a plain log mentions it by itself. */
const SLOW_STEP_MS = 1000

/** Shows a run: a line that is redrawn on a terminal, and a line for each hundredth, slow or stuck step elsewhere. */
export function showProgress(io: CliIo, label: string): OnProgress {
  return io.isLive ? live(io, label) : plain(io, label)
}

interface Count {
  done: number
  total: number
}

function count(state: Count, progress: Progress): void {
  if (progress.type === 'planned') state.total += progress.operations.length
  if (progress.type === 'finished' || progress.type === 'left') state.done += 1
}

function live(io: CliIo, label: string): OnProgress {
  const state: Count = { done: 0, total: 0 }
  return (progress) => {
    count(state, progress)
    const position = `${label} ${state.done}/${state.total}`
    if (progress.type === 'waiting') io.writeError(`\r\u001b[2K${position}  waiting for ${progress.operation.lock} (try ${progress.attempt}): ${progress.blockers.join(', ') || 'a short transaction'}`)
    else if (progress.type === 'left') io.writeError(`\r\u001b[2K  left to a DBA: ${progress.operation.summary}\n`)
    else if (progress.type !== 'planned') io.writeError(`\r\u001b[2K${bar(state)} ${position}  ${progress.operation.summary}`)
    if (progress.type === 'finished' && state.done === state.total) io.writeError(`\r\u001b[2K${bar(state)} ${position}\n`)
  }
}

function bar({ done, total }: Count): string {
  const width = 20
  const full = total === 0 ? width : Math.round((done / total) * width)
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`
}

function plain(io: CliIo, label: string): OnProgress {
  const state: Count = { done: 0, total: 0 }
  return (progress) => {
    count(state, progress)
    if (progress.type === 'planned' || progress.type === 'started') return
    const position = `${label} ${state.done}/${state.total}`
    if (progress.type === 'waiting') {
      if (progress.attempt % 10 === 1) io.writeError(`${position}: waiting for ${progress.operation.lock}: ${progress.operation.summary}; in the way: ${progress.blockers.join(', ') || 'short transactions'}\n`)
      return
    }
    if (progress.type === 'left') {
      io.writeError(`${position}: left to a DBA: ${progress.operation.summary} (${progress.reason})\n`)
      return
    }
    const isMark = state.done === state.total || state.done % 100 === 0 || progress.durationMs > SLOW_STEP_MS
    if (isMark) io.writeError(`${position}: ${progress.operation.summary} (${Math.round(progress.durationMs)} ms)\n`)
  }
}
