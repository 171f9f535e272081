import type { PostgresServer } from '@partywall/testing'
import type { BenchArguments, Link } from './arguments.ts'
import type { BenchDatabase } from './bench-database.ts'
import type { BenchRow, RatioRow } from './bench-row.ts'
import { measureRounds } from './measure-rounds.ts'
import type { Slice } from './measure-slice.ts'
import { openVariants } from './open-variants.ts'
import { median, pairedRatio } from './paired-ratio.ts'
import { findServerCpu } from './server-cpu.ts'
import { startDelayProxy } from './start-delay-proxy.ts'
import { comparisons, targetConcurrency } from './targets.ts'
import type { Variant } from './variant.ts'

const halfRoundTripMs = 0.5

/** Where the variants run, and who hears of it. */
export interface MatrixOptions {
  readonly server: PostgresServer
  readonly database: BenchDatabase
  readonly args: BenchArguments
  readonly onProgress: (message: string) => void
}

/** Every variant at every concurrency over every link. @throws {Error} for a wrong or foreign row. */
export async function measureMatrix(options: MatrixOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const link of options.args.links) {
    using proxy = await startDelayProxy(options.database.rawUrl, halfRoundTripMs)
    const addressOf = (url: string): string => (link === 'loopback' ? url : proxy.through(url))
    const open = await openVariants(options.database, { ...options.args, addressOf })
    try {
      for (const concurrency of options.args.concurrency)
        rows.push(...(await measureCell(options, { link, concurrency, variants: open.variants })))
    } finally {
      await open.close()
    }
  }
  return rows
}

interface Cell {
  readonly link: Link
  readonly concurrency: number
  readonly variants: readonly Variant[]
}

async function measureCell({ server, database, args, onProgress }: MatrixOptions, cell: Cell): Promise<BenchRow[]> {
  onProgress(`${cell.link}, ${cell.concurrency} at once`)
  const serverCpu = await findServerCpu(server.url())
  const slice = { size: database.size, concurrency: cell.concurrency, serverCpu }
  const subjects = cell.variants.map((variant) => ({ variant, options: slice }))
  const slices = await measureRounds(subjects, args)
  return cell.variants.map((variant, index) => {
    const own = slices[index] ?? []
    return {
      kind: 'matrix',
      link: cell.link,
      concurrency: cell.concurrency,
      variant: variant.name,
      title: variant.title,
      group: variant.group,
      ...summarize(own),
      ratios: ratiosOf(cell, { name: variant.name, own, slices }),
    }
  })
}

/** The medians over the rounds. */
export function summarize(
  slices: readonly Slice[],
): Pick<BenchRow, 'elapsed' | 'p50' | 'p99' | 'clientCpu' | 'serverCpu'> {
  const serverCpu = slices.flatMap((slice) => slice.serverCpu ?? [])
  return {
    elapsed: median(slices.map(({ elapsed }) => elapsed)),
    p50: median(slices.map(({ p50 }) => p50)),
    p99: median(slices.map(({ p99 }) => p99)),
    clientCpu: median(slices.map(({ clientCpu }) => clientCpu)),
    serverCpu: serverCpu.length === 0 ? undefined : median(serverCpu),
  }
}

function ratiosOf(
  cell: Cell,
  { name, own, slices }: { name: string; own: readonly Slice[]; slices: readonly Slice[][] },
): RatioRow[] {
  return comparisons
    .filter(({ variant }) => variant === name)
    .flatMap(({ base, atMost }) => {
      const other = slices[cell.variants.findIndex((variant) => variant.name === base)]
      if (other === undefined) return []
      const ratio = pairedRatio(own.map(elapsedOf), other.map(elapsedOf))
      const target = cell.concurrency === targetConcurrency ? atMost?.[cell.link] : undefined
      const reached = target === undefined ? undefined : ratio.median <= target
      return [{ variant: name, base, ...ratio, target, reached, cpu: cpuRatio(own, other) }]
    })
}

function elapsedOf(slice: Slice): number {
  return slice.elapsed
}

function cpuRatio(own: readonly Slice[], other: readonly Slice[]): number | undefined {
  if ([...own, ...other].some(({ serverCpu }) => serverCpu === undefined)) return undefined
  const cpuOf = ({ clientCpu, serverCpu }: Slice): number => clientCpu + (serverCpu ?? 0)
  return pairedRatio(own.map(cpuOf), other.map(cpuOf)).median
}
