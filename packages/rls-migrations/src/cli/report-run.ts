import type { RunState } from '../apply/run-state.ts'
import type { Phase } from '../plan/step.ts'

/** How far the phases are, and what the journal tells of the last run. */
export interface RunFacts {
  readonly counts: readonly { readonly phase: Phase; readonly total: number; readonly pending: number }[]
  readonly next: string | null
  readonly run: RunState | null
}

/** Where a run stands that is at work or was cut off; empty when none is. */
export function runText({ counts, next, run }: RunFacts): string {
  if (run === null) return ''
  const halfDone = counts.find(({ phase, total, pending }) => pending > 0 && pending < total && isBegun(phase, run))
  const lines = run.running.map(
    ({ pid, login, since }) =>
      `At work now: session ${pid}${login === null ? '' : ` of ${login}`}, since ${since ?? 'unknown'}`,
  )
  if (halfDone !== undefined && next !== null) {
    const { phase, total, pending } = halfDone
    lines.push(
      `Half done: ${phase}, ${total - pending} of ${total} steps; the next is ${next}`,
      ...(run.last === null ? [] : [`The last that was done is ${run.last.step}, at ${run.last.at}`]),
      ...(run.running.length > 0
        ? []
        : [`Finish it: partywall apply${phase === 'expand' ? '' : ` --to ${phase}`}. Undo it: partywall rollback`]),
    )
  }
  lines.push(...run.unfinished.map(({ step, since }) => `Begun and not finished: ${step}, since ${since}`))
  if (run.invalidIndexes.length > 0) lines.push(`Half-made indexes: ${run.invalidIndexes.join(', ')}`)
  return lines.map((line) => `${line}\n`).join('')
}

/** A step that only checks is done as long as it holds, also before its phase begins: no phase is half done by that. */
function isBegun(phase: Phase, { last, unfinished }: RunState): boolean {
  return [...(last === null ? [] : [last]), ...unfinished].some(({ step }) => step.startsWith(`${phase}/`))
}
