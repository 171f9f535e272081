import type { BenchDatabase } from './bench-database.ts'
import { openPools } from './open-pools.ts'
import type { OpenVariants } from './variant.ts'
import { drizzleReads } from './variants/drizzle-reads.ts'
import { kyselyReads } from './variants/kysely-reads.ts'
import { pointReads } from './variants/point-reads.ts'
import { prismaReads } from './variants/prisma-reads.ts'
import { transactions } from './variants/transactions.ts'

/** Opens every variant on one database, or those named. @throws {Error} for a name that no variant has. */
export async function openVariants(
  database: BenchDatabase,
  options: {
    readonly connections: number
    readonly addressOf: (url: string) => string
    readonly only: readonly string[]
  },
): Promise<OpenVariants> {
  const pools = openPools(database, options)
  const all = [
    ...pointReads(pools),
    ...transactions(pools),
    ...kyselyReads(pools),
    ...(await prismaReads(pools)),
    ...drizzleReads(pools),
  ]
  const unknown = options.only.filter((name) => !all.some((variant) => variant.name === name))
  if (unknown.length > 0) {
    await pools.close()
    throw new Error(`No variant is called ${unknown.join(', ')}. There are ${all.map(({ name }) => name).join(', ')}.`)
  }
  const variants = all.filter(({ name }) => options.only.length === 0 || options.only.includes(name))
  return { variants, close: () => pools.close() }
}
