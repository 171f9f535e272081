import type { Operation } from '../plan/step.ts'

/** What a run tells while it goes on. */
export type Progress =
  | { readonly type: 'planned'; readonly operations: readonly Operation[] }
  | { readonly type: 'started'; readonly operation: Operation }
  | {
      readonly type: 'waiting'
      readonly operation: Operation
      readonly attempt: number
      readonly blockers: readonly string[]
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
