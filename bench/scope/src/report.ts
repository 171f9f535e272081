import type { BenchRow, MemoryRow, RatioRow } from './bench-row.ts'

/** What `--json` prints. */
export interface BenchReport {
  /** Whether every answer was right; a target that is not reached leaves it true. */
  readonly ok: boolean
  readonly summary: {
    readonly answers: string
    readonly targets: readonly TargetLine[]
    readonly reached: number
    readonly missed: number
    readonly rounds: number
  }
  readonly rows: readonly (BenchRow | MemoryRow)[]
}

/** One target and what was measured. */
export interface TargetLine {
  readonly what: string
  readonly measured: number
  /** The quartiles of the rounds, of a ratio. */
  readonly spread: readonly [number, number] | undefined
  readonly target: number
  readonly reached: boolean
}

/** Puts the targets of all rows together. */
export function reportOf(rows: readonly (BenchRow | MemoryRow)[], rounds: number): BenchReport {
  const targets = rows.flatMap((row) => (row.kind === 'memory' ? [memoryLine(row)] : ratioLines(row)))
  const reached = targets.filter((line) => line.reached).length
  const summary = { answers: 'all right', targets, reached, missed: targets.length - reached, rounds }
  return { ok: true, summary, rows }
}

function ratioLines(row: BenchRow): TargetLine[] {
  return row.ratios.flatMap((ratio) => {
    if (ratio.target === undefined || ratio.reached === undefined) return []
    const what = `${ratio.variant} / ${ratio.base}, ${row.link}, ${row.concurrency} at once`
    const { median: measured, low, high, target, reached } = ratio
    return [{ what, measured, spread: [low, high], target, reached }]
  })
}

function memoryLine(row: MemoryRow): TargetLine {
  const what = `${row.variant}: growth of the heap in MB, ${row.operations} operations, ${row.organizations} organizations`
  return { what, measured: row.growthMegabytes, spread: undefined, target: row.target, reached: row.reached }
}

/** The tables for people. */
export function renderReport(report: BenchReport): string {
  const lines: string[] = []
  let heading = ''
  for (const row of report.rows) {
    const own = row.kind === 'memory' ? 'memory' : `${row.kind}, ${row.link}, ${row.concurrency} at once`
    if (own !== heading) lines.push('', own, row.kind === 'memory' ? memoryHeading : timeHeading)
    heading = own
    lines.push(row.kind === 'memory' ? renderMemory(row) : renderTimes(row))
  }
  lines.push('', 'targets')
  for (const { what, measured, spread, target, reached } of report.summary.targets) {
    const range = spread === undefined ? '' : ` (${fixed(spread[0])} to ${fixed(spread[1])})`
    lines.push(`${reached ? 'reached' : 'MISSED '}  ${fixed(measured)}${range}, target ${fixed(target)}  ${what}`)
  }
  lines.push(`${report.summary.reached} reached, ${report.summary.missed} missed; every answer was right`)
  return lines.join('\n')
}

const timeHeading =
  `${'variant'.padEnd(38)}${'us/op'.padStart(9)}${'p50 us'.padStart(9)}${'p99 us'.padStart(9)}` +
  `${'client'.padStart(8)}${'server'.padStart(8)}  ratios of time (quartiles) [of processor time]`
const memoryHeading = `${'variant'.padEnd(38)}  heap in MB after each tenth of the operations`

function renderTimes(row: BenchRow): string {
  const numbers = [row.elapsed, row.p50, row.p99].map((value) => value.toFixed(0).padStart(9)).join('')
  const cpu = [row.clientCpu, row.serverCpu].map((value) => (value?.toFixed(0) ?? '-').padStart(8)).join('')
  return `${row.variant.padEnd(38)}${numbers}${cpu}  ${row.ratios.map(renderRatio).join('; ')}`
}

function renderRatio({ base, median, low, high, cpu }: RatioRow): string {
  const processor = cpu === undefined ? '' : ` [${fixed(cpu)}]`
  return `${fixed(median)} (${fixed(low)}-${fixed(high)})${processor} of ${base}`
}

function renderMemory(row: MemoryRow): string {
  return `${row.variant.padEnd(38)}  ${row.heapMegabytes.map((value) => value.toFixed(1)).join(' ')}`
}

function fixed(value: number): string {
  return value.toFixed(2)
}
