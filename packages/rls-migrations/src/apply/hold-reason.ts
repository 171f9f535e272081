import type { Session } from '../database/session.ts'
import { quoteName, type QualifiedName } from '../sql/identifier.ts'

/** How far a replica may be behind before the next batch waits. */
const MOST_LAG_SECONDS = 5

/** How much WAL a slot may hold back before the next batch waits. */
const MOST_WAL_BYTES = 4 * 1024 ** 3

/**
 * Why the next batch should wait: a replica that is behind, a replication slot that holds back more WAL than disks like,
 * or a vacuum at work on the table. Undefined when nothing is in the way. Who has no right to see how far replicas are
 * sees only their slots.
 */
export async function holdReason(session: Session, table: QualifiedName): Promise<string | undefined> {
  const { rows } = await session.query<{ reason: string | null }>(query, [
    MOST_LAG_SECONDS,
    MOST_WAL_BYTES,
    quoteName(table),
  ])
  return rows[0]?.reason ?? undefined
}

/** A vacuum is known by its lock, which it shares with nobody who writes: its progress is for superusers to see. */
const query = `
select coalesce(
  (select format('the replica %s is %s s behind', coalesce(nullif(application_name, ''), client_addr::text, pid::text), round(extract(epoch from replay_lag)::numeric, 1))
   from pg_stat_replication where extract(epoch from replay_lag) > $1 order by replay_lag desc limit 1),
  (select format('the replication slot %s holds back %s of WAL', slot_name, pg_size_pretty(behind))
   from (select slot_name, case when pg_is_in_recovery() then 0 else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) end as behind from pg_replication_slots) slots
   where behind > $2 order by behind desc limit 1),
  (select format('process %s vacuums the table', pid) from pg_locks
   where locktype = 'relation' and database = (select oid from pg_database where datname = current_database())
     and relation = $3::regclass and mode = 'ShareUpdateExclusiveLock' and granted and pid <> pg_backend_pid() limit 1)
) as reason`
