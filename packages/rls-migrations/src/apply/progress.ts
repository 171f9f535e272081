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
  | { readonly type: 'left'; readonly operation: Operation; readonly reason: string }

export type OnProgress = (progress: Progress) => void
