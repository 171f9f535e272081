import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../database/session.ts'
import { findOldSnapshots, type Blocker } from './blockers.ts'

export interface OutwaitOptions {
  readonly session: Session
  /** Milliseconds after which it gives up. */
  readonly patienceMs: number
  readonly onWaiting: (attempt: number, blockers: readonly Blocker[]) => void
}

/**
 * Waits for the transactions that have held a snapshot for long already. CONCURRENTLY would wait for them as well, but
 * silently, with half an index built that every write must keep up. Those that come later do not count, so that a busy
 * server does not keep it waiting for ever. False when the patience is over.
 */
export async function outwaitSnapshots({ session, patienceMs, onWaiting }: OutwaitOptions): Promise<boolean> {
  const { rows } = await session.query<{ since: string }>("select (clock_timestamp() - interval '1 s')::text as since")
  const deadline = performance.now() + patienceMs
  for (let attempt = 1; ; attempt += 1) {
    const blockers = await findOldSnapshots(session, rows[0]?.since ?? 'now')
    if (blockers.length === 0) return true
    if (performance.now() > deadline) return false
    onWaiting(attempt, blockers)
    await sleep(Math.min(1000, 100 * attempt))
  }
}
