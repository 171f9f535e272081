import type { Dataset } from './dataset.ts'
import type { Random } from './random.ts'

/** What every step of the generator works on. */
export interface Generation {
  readonly random: Random
  readonly dataset: Dataset
  readonly resultCount: number
  /** The people who act in the data. */
  readonly userIds: readonly string[]
  /** The moment at which the data was "recorded"; fixed, so that a seed gives the same rows on every day. */
  readonly now: Date
}

/** A time `ms` milliseconds before (or, negative, after) `date`. */
export function earlier(date: Date, ms: number): Date {
  return new Date(date.getTime() - Math.round(ms))
}

/** Midnight, UTC: what a date column holds. */
export function startOfDay(date: Date): Date {
  return new Date(Math.floor(date.getTime() / dayMs) * dayMs)
}

export const dayMs: number = 24 * 60 * 60 * 1000
