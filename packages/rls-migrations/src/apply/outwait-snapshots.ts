import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../database/session.ts'

export interface OutwaitOptions {
  readonly session: Session
  /** Milliseconds after which it gives up. */
  readonly patienceMs: number
  readonly onWaiting: (attempt: number, blockers: readonly string[]) => void
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
    const blockers = await session.query<{ blocker: string }>(oldSnapshots, [rows[0]?.since])
    if (blockers.rows.length === 0) return true
    if (performance.now() > deadline) return false
    onWaiting(
      attempt,
      blockers.rows.map((row) => row.blocker),
    )
    await sleep(Math.min(1000, 100 * attempt))
  }
}

const oldSnapshots = `
select format('%s (%s, %s s%s)', pid, coalesce(nullif(application_name, ''), usename, backend_type), round(extract(epoch from clock_timestamp() - xact_start)), case state when 'idle in transaction' then ', idle in transaction' else '' end) as blocker
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_xmin is not null and xact_start < $1::timestamptz
  and backend_type = 'client backend'
order by xact_start limit 3`
