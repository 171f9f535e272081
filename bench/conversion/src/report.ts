import type { LoadReport } from './clients.ts'
import { bucketEndsMs } from './latency-histogram.ts'

/** One part of the run, and what the service measured in it. */
export interface Stage {
  readonly name: string
  readonly durationMs: number
  readonly load: LoadReport
}

export interface Measured {
  readonly testResults: number
  readonly stages: readonly Stage[]
  /** How often the tool read a table from end to end. */
  readonly scans: number
  /** Scans and rewrites under a lock that keeps writers out. */
  readonly violations: readonly string[]
}

export interface Verdict {
  readonly ok: boolean
  readonly requests: number
  readonly failed: number
  readonly longestWriteMs: number
  /** The promises that were broken, in words. */
  readonly broken: readonly string[]
}

/** The longest that a statement that writes may take while the conversion goes on. */
const LONGEST_WRITE_MS = 250

/** Holds what was measured against what is promised. */
export function judge({ stages, violations, scans }: Measured): Verdict {
  const failures = stages.flatMap(({ load }) => load.failures)
  const longestWriteMs = Math.max(...stages.map(({ load }) => load.writes.longestMs))
  const broken = [
    ...(failures.length === 0
      ? []
      : [`${failures.length} statements failed: ${[...new Set(failures)].slice(0, 5).join('; ')}`]),
    ...(longestWriteMs <= LONGEST_WRITE_MS
      ? []
      : [`a statement that writes took ${Math.round(longestWriteMs)} ms, more than ${LONGEST_WRITE_MS}`]),
    ...violations.map((violation) => `under a lock that keeps writers out: ${violation}`),
    // A conversion validates keys and builds indexes: without a single report nobody was listening.
    ...(scans > 0 ? [] : ['the server reported no scan at all']),
  ]
  const requests = stages.reduce((sum, { load }) => sum + load.reads.count + load.writes.count, 0)
  return { ok: broken.length === 0, requests, failed: failures.length, longestWriteMs, broken }
}

/** For a person: a row for each stage, the histograms, and the verdict. */
export function reportText({ testResults, stages, scans, violations }: Measured, verdict: Verdict): string {
  const rows = stages.map(({ name, durationMs, load }) => [
    name,
    (durationMs / 1000).toFixed(1),
    String(load.reads.count),
    load.reads.longestMs.toFixed(1),
    String(load.writes.count),
    load.writes.longestMs.toFixed(1),
    String(load.failures.length),
    load.longestWrite === null ? '' : load.longestWrite.text.slice(0, 40),
  ])
  const head = ['stage', 's', 'reads', 'longest ms', 'writes', 'longest ms', 'failed', 'the longest write']
  return [
    `${testResults} test results`,
    '',
    ...aligned([head, ...rows]),
    '',
    'writes by latency, each stage:',
    ...aligned([
      ['up to ms', ...bucketEndsMs.map(String), 'more'],
      ...stages.map(({ name, load }) => [name, ...load.writes.buckets.map(String)]),
    ]),
    '',
    `${scans} scans by the tool, ${violations.length} of them under a lock that keeps writers out`,
    `${verdict.requests} statements, ${verdict.failed} failed; the longest write took ${verdict.longestWriteMs.toFixed(1)} ms`,
    ...(verdict.ok ? ['Every promise is kept.'] : verdict.broken.map((promise) => `BROKEN: ${promise}`)),
    '',
  ].join('\n')
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_cell, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
