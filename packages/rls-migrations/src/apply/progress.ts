import type { Operation } from '../plan/step.ts'
import type { Blocker } from './blockers.ts'

/** What a run tells while it goes on. */
export type Progress =
  | { readonly type: 'planned'; readonly operations: readonly Operation[] }
  | { readonly type: 'started'; readonly operation: Operation }
  | {
      readonly type: 'waiting'
      readonly operation: Operation
      readonly attempt: number
      readonly blockers: readonly Blocker[]
    }
  | {
      /** How far a long operation is; about once a second. */
      readonly type: 'advanced'
      readonly operation: Operation
      /** What is being done, in words. */
      readonly phase: string
      readonly done: number
      /** 0 when it is not known. */
      readonly total: number
      readonly unit: 'blocks' | 'rows'
      readonly elapsedMs: number
    }
  | { readonly type: 'finished'; readonly operation: Operation; readonly durationMs: number; readonly skipped: boolean }
  | {
      readonly type: 'batch'
      readonly operation: Operation
      /** Rows that this run has written. */
      readonly rows: number
      /** How much of the table is behind, from 0 to 1. */
      readonly fraction: number
      /** Why the next batch waits; absent when it does not. */
      readonly held?: string
    }
  | { readonly type: 'left'; readonly operation: Operation; readonly reason: string }

export type OnProgress = (progress: Progress) => void

/** Units a second, and the milliseconds that are left at that rate; undefined while nothing can be told. */
export function rateOf(progress: {
  readonly done: number
  readonly total: number
  readonly elapsedMs: number
}): { readonly perSecond: number; readonly remainingMs: number | undefined } | undefined {
  const { done, total, elapsedMs } = progress
  if (done <= 0 || elapsedMs <= 0) return undefined
  const perSecond = (done * 1000) / elapsedMs
  return { perSecond, remainingMs: total < done ? undefined : ((total - done) * 1000) / perSecond }
}
