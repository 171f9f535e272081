import type { Link } from './arguments.ts'
import type { PairedRatio } from './paired-ratio.ts'

/** A ratio, what it is a ratio of, and the target if there is one. */
export interface RatioRow extends PairedRatio {
  readonly variant: string
  readonly base: string
  readonly target: number | undefined
  readonly reached: boolean | undefined
  /** The ratio of processor time, client and server together: what a busy machine disturbs least. */
  readonly cpu: number | undefined
}

/** One variant at one concurrency over one link. Times are medians over the rounds, in microseconds. */
export interface BenchRow {
  readonly kind: 'matrix' | 'organizations-scale'
  readonly link: Link
  readonly concurrency: number
  readonly variant: string
  readonly title: string
  readonly group: string
  readonly elapsed: number
  readonly p50: number
  readonly p99: number
  readonly clientCpu: number
  readonly serverCpu: number | undefined
  readonly ratios: readonly RatioRow[]
}

/** The heap while one way in serves more and more operations. */
export interface MemoryRow {
  readonly kind: 'memory'
  readonly variant: string
  readonly operations: number
  readonly organizations: number
  /** Megabytes after a full collection, one for each tenth of the operations. */
  readonly heapMegabytes: readonly number[]
  /** From the first tenth, when code and connections are there, to the last. */
  readonly growthMegabytes: number
  readonly target: number
  readonly reached: boolean
}
