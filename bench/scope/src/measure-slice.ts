import { performance } from 'node:perf_hooks'
import { quantile } from './paired-ratio.ts'
import type { ServerCpu } from './server-cpu.ts'
import type { Variant } from './variant.ts'
import { assertAnswer, drawForeignWork, drawWork } from './work.ts'
import type { Size, Work } from './work.ts'

/** What one variant took in one round. All in microseconds, and for one operation. */
export interface Slice {
  /** Elapsed time over operations: the time of an operation at this concurrency, or one over the throughput. */
  readonly elapsed: number
  readonly p50: number
  readonly p99: number
  /** Processor time of this process. */
  readonly clientCpu: number
  /** Processor time of the server's processes, where it can be read. */
  readonly serverCpu: number | undefined
}

/** How a slice is run. */
export interface SliceOptions {
  readonly size: Size
  readonly concurrency: number
  readonly operations: number
  readonly serverCpu: ServerCpu
}

const leadInShare = 0.5

/** Runs operations drawn beforehand, after an unmeasured lead-in, and checks every answer. @throws {Error} for a wrong one. */
export async function measureSlice(variant: Variant, options: SliceOptions): Promise<Slice> {
  const { operations, concurrency, serverCpu } = options
  // After others had their turn, the first operations find cold caches in every process: a busy service has none.
  const leadIn = drawWork(options.size, { count: Math.ceil(operations * leadInShare), reads: variant.reads })
  const works = drawWork(options.size, { count: operations, reads: variant.reads })
  await runAll(leadIn, concurrency, async (work) => assertAnswer(variant.name, work, await variant.answer(work)))
  const latenciesMs = new Float64Array(operations)
  globalThis.gc?.({ type: 'minor' })
  const serverBeforeMs = serverCpu.readMs()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await runAll(works, concurrency, async (work, index) => {
    const askedAt = performance.now()
    const answer = await variant.answer(work)
    latenciesMs[index] = performance.now() - askedAt
    assertAnswer(variant.name, work, answer)
  })
  const elapsedMs = performance.now() - startedAt
  const cpu = process.cpuUsage(cpuBefore)
  const serverAfterMs = serverCpu.readMs()
  const each = (milliseconds: number): number => (milliseconds * 1000) / operations
  return {
    elapsed: each(elapsedMs),
    p50: quantile(latenciesMs, 0.5) * 1000,
    p99: quantile(latenciesMs, 0.99) * 1000,
    clientCpu: (cpu.user + cpu.system) / operations,
    serverCpu:
      serverBeforeMs === undefined || serverAfterMs === undefined ? undefined : each(serverAfterMs - serverBeforeMs),
  }
}

/** Asks for rows of other organizations. @throws {Error} when a variant that keeps them apart hands one out. */
export async function assertKeepsApart(variant: Variant, options: SliceOptions): Promise<void> {
  if (!variant.bound || options.size.organizations < 2) return
  const works = drawForeignWork(options.size, { count: Math.max(64, options.concurrency), reads: variant.reads })
  await runAll(works, options.concurrency, async (work) => {
    const answer = await variant.answer(work)
    if (answer.length > 0)
      throw new Error(`${variant.name}: organization ${work.organizationId} got ${JSON.stringify(answer)}.`)
  })
}

/** Keeps `concurrency` operations under way until all are done. */
export async function runAll(
  works: readonly Work[],
  concurrency: number,
  operate: (work: Work, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < works.length) {
      const index = next++
      await operate(works[index] as Work, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, works.length) }, worker))
}
