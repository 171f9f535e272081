import type { Session } from '../database/session.ts'
import { quoteIdentifier } from '../sql/identifier.ts'
import { findRunners, type Runner } from './runner-lock.ts'

/** Where a run stands that is at work, or that was cut off. */
export interface RunState {
  /** The sessions that hold the lock of a run right now. */
  readonly running: readonly Runner[]
  /** The step that was finished last, and when. */
  readonly last: { readonly step: string; readonly at: string } | null
  /** Steps that were begun outside of a transaction and are not finished, such as an index that is being built. */
  readonly unfinished: readonly { readonly step: string; readonly since: string }[]
  /** Indexes that a build left behind half made; the next run replaces those that are its own. */
  readonly invalidIndexes: readonly string[]
}

/** Reads the journal and the catalog; changes nothing. The control plane must be installed. */
export async function readRunState(session: Session, controlSchema: string): Promise<RunState> {
  const journal = `${quoteIdentifier(controlSchema)}.journal`
  const time = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
  const { rows: last } = await session.query<{ step: string; at: string }>(
    `select step_id as step, ${time('finished_at')} as at from ${journal} where status = 'done' order by finished_at desc, position desc limit 1`,
  )
  const { rows: unfinished } = await session.query<{ step: string; since: string }>(
    `select step_id as step, ${time('started_at')} as since from ${journal} where status = 'started' order by position`,
  )
  const { rows: invalid } = await session.query<{ name: string }>(
    'select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1',
  )
  return {
    running: await findRunners(session),
    last: last[0] ?? null,
    unfinished,
    invalidIndexes: invalid.map(({ name }) => name),
  }
}
