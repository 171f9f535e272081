import type { Session } from '../database/session.ts'
import type { Hazard, Plan } from '../plan/plan.ts'
import { displayName, quoteName } from '../sql/identifier.ts'

/** What reads or copies the tables beside the service, and who is in the way of a lock right now. Reads the catalog only. */
export async function liveHazards(session: Session, plan: Plan): Promise<readonly Hazard[]> {
  return [
    ...(await longTransactions(session)),
    ...(await publications(session, plan)),
    ...(await logicalSlots(session, plan)),
    ...(await refreshes(session, plan)),
    ...dumps(plan),
  ]
}

async function longTransactions(session: Session): Promise<Hazard[]> {
  const { rows } = await session.query<{ who: string; seconds: number }>(
    `select format('%s (%s)', pid, coalesce(nullif(application_name, ''), usename, backend_type)) as who, extract(epoch from clock_timestamp() - xact_start)::int as seconds
     from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and xact_start < clock_timestamp() - interval '1 minute'
     union all select format('prepared transaction %s', gid), extract(epoch from clock_timestamp() - prepared)::int from pg_prepared_xacts where database = current_database()
     order by 2 desc limit 5`,
  )
  return rows.map(({ who, seconds }) => ({
    id: 'long-transaction',
    severity: 'warning',
    object: `transaction of ${who}`,
    message: `It has been open for ${seconds} s: every concurrent index build waits for it to end, and so may every lock.`,
  }))
}

async function publications(session: Session, { tables, settings }: Plan): Promise<Hazard[]> {
  const { rows } = await session.query<{ name: string; tables: string }>(
    `select p.pubname as name, string_agg(t.display, ', ' order by t.display) as tables from pg_publication_tables p
     join unnest($1::text[], $2::text[], $3::text[]) t(schema, name, display) on t.schema = p.schemaname and t.name = p.tablename group by 1 order by 1`,
    [tables.tenant.map((one) => one.schema), tables.tenant.map((one) => one.name), tables.tenant.map(displayName)],
  )
  return rows.map(({ name, tables: list }) => ({
    id: 'publication',
    severity: 'warning',
    object: `publication ${name}`,
    message: `It ships rows of every organization of ${list}, past every policy. Add ${settings.tenantColumn} to the subscriber's tables before expand: without it the subscription stops.`,
  }))
}

async function logicalSlots(session: Session, { settings }: Plan): Promise<Hazard[]> {
  const { rows } = await session.query<{ name: string; plugin: string }>(
    "select slot_name as name, plugin from pg_replication_slots where slot_type = 'logical' and database = current_database() and plugin <> 'pgoutput' order by 1",
  )
  return rows.map(({ name, plugin }) => ({
    id: 'change-capture',
    severity: 'warning',
    object: `replication slot ${name}`,
    message: `${plugin} ships changes of every organization, past every policy, and with ${settings.tenantColumn} in them from expand on. Rows that exist get their organization without an event.`,
  }))
}

async function refreshes(session: Session, { tables }: Plan): Promise<Hazard[]> {
  const { rows } = await session.query<{ view: string }>(
    `select distinct case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as view
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid
     join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
     where c.relkind = 'm' and d.refobjid in (select to_regclass(name)::oid from unnest($1::text[]) name) order by 1`,
    [tables.tenant.map(quoteName)],
  )
  return rows.map(({ view }) => ({
    id: 'refresh',
    severity: 'warning',
    object: view,
    message:
      'From enforce on REFRESH fails for its owner, whom the policies bind: refresh it in a session of the migrator.',
  }))
}

/** Under FORCE pg_dump fails for the owner, and with --enable-row-security it would leave rows out. */
function dumps({ tables }: Plan): Hazard[] {
  if (tables.tenant.length === 0) return []
  return [
    {
      id: 'dump-role',
      severity: 'notice',
      object: 'pg_dump',
      message:
        'From enforce on it fails for the owner of the tables. Back up as a superuser, or as a role with BYPASSRLS; never with --enable-row-security, which leaves rows out.',
    },
  ]
}
