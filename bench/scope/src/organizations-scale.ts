import type { PostgresServer } from '@partywall/testing'
import type { BenchArguments } from './arguments.ts'
import type { BenchDatabase } from './bench-database.ts'
import type { BenchRow } from './bench-row.ts'
import { summarize } from './matrix.ts'
import { measureRounds } from './measure-rounds.ts'
import { openVariants } from './open-variants.ts'
import { pairedRatio } from './paired-ratio.ts'
import { findServerCpu } from './server-cpu.ts'

const scaledVariants = ['tenancy', 'kysely-tenancy', 'prisma-tenancy']
const atMost = 1.1

/** The same reads in two databases of as many rows, one with few organizations and one with many. */
export async function measureOrganizationsScale(options: {
  readonly server: PostgresServer
  readonly few: BenchDatabase
  readonly many: BenchDatabase
  readonly args: BenchArguments
  readonly onProgress: (message: string) => void
}): Promise<BenchRow[]> {
  const { few, many, args } = options
  const only = args.only.length === 0 ? scaledVariants : args.only
  const openOptions = { connections: args.connections, addressOf: (url: string) => url, only }
  const fewVariants = await openVariants(few, openOptions)
  const manyVariants = await openVariants(many, openOptions)
  const serverCpu = await findServerCpu(options.server.url())
  const rows: BenchRow[] = []
  try {
    for (const concurrency of args.concurrency) {
      options.onProgress(
        `${few.size.organizations} and ${many.size.organizations} organizations, ${concurrency} at once`,
      )
      const subjects = [
        ...fewVariants.variants.map((variant) => ({ variant, options: { size: few.size, concurrency, serverCpu } })),
        ...manyVariants.variants.map((variant) => ({ variant, options: { size: many.size, concurrency, serverCpu } })),
      ]
      const slices = await measureRounds(subjects, args)
      const fewSlices = slices.slice(0, fewVariants.variants.length)
      for (const [index, variant] of manyVariants.variants.entries()) {
        const own = slices[fewSlices.length + index] ?? []
        const base = fewSlices[index] ?? []
        const ratio = pairedRatio(own.map(p50Of), base.map(p50Of))
        const shared = { kind: 'organizations-scale', link: 'loopback', concurrency, group: variant.group } as const
        const fewName = `${variant.name}, ${few.size.organizations} organizations`
        const manyName = `${variant.name}, ${many.size.organizations} organizations`
        const found = { variant: manyName, base: fewName, ...ratio, target: atMost, reached: ratio.median <= atMost }
        rows.push(
          { ...shared, variant: fewName, title: variant.title, ...summarize(base), ratios: [] },
          {
            ...shared,
            variant: manyName,
            title: variant.title,
            ...summarize(own),
            ratios: [{ ...found, cpu: undefined }],
          },
        )
      }
    }
  } finally {
    await Promise.all([fewVariants.close(), manyVariants.close()])
  }
  return rows
}

function p50Of(slice: { readonly p50: number }): number {
  return slice.p50
}
