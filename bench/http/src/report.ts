import type { Slice } from './measure.ts'
import { pairedRatio, quantile } from './quantile.ts'
import { compareRefusals } from './refusals.ts'
import type { Refusals } from './refusals.ts'

/** What was measured of a host. */
interface HostRow {
  readonly host: string
  readonly perSecond: number
  readonly perMinute: number
  readonly p50: number
  readonly p99: number
  /** Against `bare`, as the median of the ratios of each round. */
  readonly throughput: number
  readonly p50Ratio: number
  readonly p99Ratio: number
}

/** What is wanted, and whether it is so. */
interface Target {
  readonly target: string
  readonly measured: number
  readonly ok: boolean
}

export interface BenchReport {
  readonly ok: boolean
  readonly hosts: readonly HostRow[]
  readonly targets: readonly Target[]
  readonly refusals: Readonly<Record<string, number>>
}

const wantedPerMinute = 50_000

export function reportOf(slices: ReadonlyMap<string, readonly Slice[]>, refusals: Refusals): BenchReport {
  const valuesOf = (host: string, what: keyof Slice): readonly number[] =>
    (slices.get(host) ?? []).map((slice) => slice[what])
  const ratio = (host: string, base: string, what: keyof Slice): number =>
    pairedRatio(valuesOf(host, what), valuesOf(base, what))
  const hosts = [...slices.keys()].map((host) => {
    const median = (what: keyof Slice): number => quantile(valuesOf(host, what), 0.5)
    return {
      host,
      perSecond: median('perSecond'),
      perMinute: median('perSecond') * 60,
      p50: median('p50'),
      p99: median('p99'),
      throughput: ratio(host, 'bare', 'perSecond'),
      p50Ratio: ratio(host, 'bare', 'p50'),
      p99Ratio: ratio(host, 'bare', 'p99'),
    }
  })
  const scoped = hosts.find(({ host }) => host === 'partywall') as HostRow
  const targets = [
    atLeast('throughput of bare Fastify and raw pg, at least 0.9', scoped.throughput, 0.9),
    atMost('p99 of it, at most 1.3', scoped.p99Ratio, 1.3),
    atLeast(`requests a minute, at least ${wantedPerMinute}`, scoped.perMinute, wantedPerMinute),
    ...(slices.has('partywall, many')
      ? [atMost('p50 with many organizations, at most 1.1', ratio('partywall, many', 'partywall', 'p50'), 1.1)]
      : []),
  ]
  return { ok: targets.every(({ ok }) => ok), hosts, targets, refusals: compareRefusals(refusals) }
}

function atLeast(target: string, measured: number, least: number): Target {
  return { target, measured, ok: measured >= least }
}

function atMost(target: string, measured: number, most: number): Target {
  return { target, measured, ok: measured <= most }
}

export function renderReport({ hosts, targets, refusals }: BenchReport): string {
  const lines = hosts.map((row) =>
    [
      row.host.padEnd(16),
      ...[row.perSecond, row.perMinute].map((value) => value.toFixed(0).padStart(9)),
      ...[row.p50, row.p99, row.throughput, row.p50Ratio, row.p99Ratio].map((value) => value.toFixed(2).padStart(7)),
    ].join(' '),
  )
  const head = `${'host'.padEnd(16)}       1/s     1/min  p50 ms  p99 ms  rate/b   p50/b   p99/b`
  const told = targets.map(({ target, measured, ok }) => `${ok ? 'ok  ' : 'MISS'} ${target}: ${measured.toFixed(2)}`)
  const times = Object.entries(refusals).map(([name, value]) => `     ${name}: ${value.toFixed(3)}`)
  return [head, ...lines, '', ...told, '', 'Refusals of an unknown and of a foreign organization:', ...times].join('\n')
}
