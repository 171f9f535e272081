import type { BenchArguments } from './arguments.ts'
import type { BenchDatabase } from './bench-database.ts'
import type { MemoryRow } from './bench-row.ts'
import { runAll } from './measure-slice.ts'
import { openVariants } from './open-variants.ts'
import type { Variant } from './variant.ts'
import { assertAnswer, drawWork } from './work.ts'

const steps = 10
const concurrency = 32
const measuredVariants = ['tenancy', 'tenancy-transaction', 'kysely-tenancy', 'prisma-tenancy']
/** Less than fifty bytes kept for each of 100,000 operations would come to more. */
const growthTargetMegabytes = 4

/** Serves many operations across many organizations, and reads the heap on the way. @throws {Error} for a wrong row. */
export async function measureMemory(options: {
  readonly database: BenchDatabase
  readonly args: BenchArguments
  readonly onProgress: (message: string) => void
}): Promise<MemoryRow[]> {
  const { database, args } = options
  const only = args.only.length === 0 ? measuredVariants : args.only
  const open = await openVariants(database, { ...args, only, addressOf: (url) => url })
  const rows: MemoryRow[] = []
  try {
    for (const variant of open.variants) {
      options.onProgress(`memory, ${variant.name}`)
      const heapMegabytes: number[] = []
      for (let step = 0; step < steps; step++) {
        await runStep(variant, database, Math.ceil(args.operations / steps))
        heapMegabytes.push(await heapAfterCollection())
      }
      const growthMegabytes = (heapMegabytes.at(-1) ?? 0) - (heapMegabytes[0] ?? 0)
      rows.push({
        kind: 'memory',
        variant: variant.name,
        operations: args.operations,
        organizations: database.size.organizations,
        heapMegabytes,
        growthMegabytes,
        target: growthTargetMegabytes,
        reached: growthMegabytes <= growthTargetMegabytes,
      })
    }
  } finally {
    await open.close()
  }
  return rows
}

async function runStep(variant: Variant, database: BenchDatabase, operations: number): Promise<void> {
  const works = drawWork(database.size, { count: operations, reads: variant.reads })
  await runAll(works, concurrency, async (work) => assertAnswer(variant.name, work, await variant.answer(work)))
}

async function heapAfterCollection(): Promise<number> {
  if (globalThis.gc === undefined)
    throw new Error('The heap is only comparable after a collection: run node --expose-gc.')
  // What a finalizer lets go of is collected in the next turn.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed / 2 ** 20
}
