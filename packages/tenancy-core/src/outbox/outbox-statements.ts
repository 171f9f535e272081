/** The statements of a dispatcher, for one control-plane schema. They run as the operator. */
export interface OutboxStatements {
  /** Takes leases: `$1` at most how many, `$2` for how many milliseconds, `$3` the organization to go on behind. */
  readonly claim: (hasCursor: boolean) => string
  /** `$1` organization, `$2` fence, `$3` the position that was delivered, or null. Begins the next event. */
  readonly advance: string
  /** `$1` organization, `$2` fence, `$3` the position that was delivered. Begins nothing. */
  readonly finish: string
  /** `$1` organization, `$2` fence, `$3` position, `$4` the error, `$5` milliseconds to wait, `$6` attempts at most. */
  readonly fail: string
  /** `$1` organization, `$2` fence, `$3` milliseconds. */
  readonly renew: string
  /** `$1` organization, `$2` fence. */
  readonly release: string
  /** `$1` milliseconds that delivered events are kept, `$2` at most how many to delete. */
  readonly sweep: string
}

/** How many organizations with events a claim looks at. */
export const headsAtOnce = 200

const pendingOf = (row: string): string => `${row}.delivered_at is null and ${row}.dead_at is null`
const milliseconds = (parameter: string): string => `(${parameter}::float8 * interval '1 millisecond')`

/** @param control - The schema, quoted. */
export function outboxStatements(control: string): OutboxStatements {
  const outbox = `${control}.outbox`
  const leases = `${control}.outbox_leases`
  // Locked, so that nobody takes the lease over between this look and the write behind it.
  const held = `held as (select l.organization_id from ${leases} l where l.organization_id = $1 and l.fence = $2 and l.expires_at > now() for update)`
  return {
    claim: (hasCursor) => claimStatement(outbox, leases, hasCursor),
    advance: `
      with ${held}, done as (
        update ${outbox} o set delivered_at = now(), last_error = null from held
        where o.organization_id = held.organization_id and o.position = $3::bigint and ${pendingOf('o')} returning o.position
      ), head as (
        select o.organization_id, o.position from held join lateral (
          select n.organization_id, n.position, n.available_at from ${outbox} n
          where n.organization_id = held.organization_id and ${pendingOf('n')}
            and n.position is distinct from $3::bigint
          order by n.position limit 1) o on o.available_at <= now()
      ), begun as (
        update ${outbox} o set attempts = o.attempts + 1 from head
        where o.organization_id = head.organization_id and o.position = head.position returning o.*
      )
      select (select count(*)::int from held) as held, b.id::text as id, b.position::float8 as position, b.type, b.payload, b.actor,
        b.created_at as "createdAt", b.attempts as attempt, b.redriven_at is not null as redriven
      from (select) one left join begun b on true`,
    finish: `
      with ${held}
      update ${outbox} o set delivered_at = now(), last_error = null
      from held where o.organization_id = held.organization_id and o.position = $3::bigint and ${pendingOf('o')} returning 1`,
    fail: `
      with ${held}
      update ${outbox} o set last_error = $4, available_at = now() + ${milliseconds('$5')},
        dead_at = case when o.attempts >= $6 then now() end
      from held where o.organization_id = held.organization_id and o.position = $3::bigint and ${pendingOf('o')}
      returning o.dead_at is not null as dead`,
    renew: `update ${leases} set expires_at = now() + ${milliseconds('$3')} where organization_id = $1 and fence = $2 and expires_at > now() returning 1`,
    release: `update ${leases} set expires_at = now() where organization_id = $1 and fence = $2 and expires_at > now()`,
    sweep: sweepStatement(control),
  }
}

/**
 * Of an organization that is gone the last event takes the counter of its positions and its lease along. Asked is whether it
 * is the last by the counter itself: whoever appends meanwhile holds or has changed that row, and it stays.
 */
function sweepStatement(control: string): string {
  const outbox = `${control}.outbox`
  return `
      with old as (
        select o.organization_id, o.position from ${outbox} o
        where o.delivered_at < now() - ${milliseconds('$1')} order by o.delivered_at limit $2 for update skip locked
      ), gone as (
        delete from ${control}.outbox_streams s using (select organization_id, max(position) as position from old group by 1) last
        where s.organization_id = last.organization_id and s.last_position = last.position
          and not exists (select from ${control}.organizations r where r.id = s.organization_id)
          and not exists (select from ${outbox} o where o.organization_id = s.organization_id
            and not exists (select from old where old.organization_id = o.organization_id and old.position = o.position))
        returning s.organization_id
      ), unleased as (
        delete from ${control}.outbox_leases l using gone where l.organization_id = gone.organization_id and l.expires_at <= now()
      )
      delete from ${outbox} o using old where o.organization_id = old.organization_id and o.position = old.position returning 1`
}

/** One probe of the index an organization, not an event: however long its queue is, it is one head. */
function claimStatement(outbox: string, leases: string, hasCursor: boolean): string {
  return `
      with recursive heads as (
        (select o.organization_id, o.available_at, 1 as nth from ${outbox} o
         where ${pendingOf('o')}${hasCursor ? ` and o.organization_id > $3` : ''} order by o.organization_id, o.position limit 1)
        union all
        select next.organization_id, next.available_at, h.nth + 1 from heads h cross join lateral (
          select o.organization_id, o.available_at from ${outbox} o
          where ${pendingOf('o')} and o.organization_id > h.organization_id order by o.organization_id, o.position limit 1) next
        where h.nth < ${headsAtOnce}
      ), free as (
        select h.organization_id from heads h left join ${leases} l on l.organization_id = h.organization_id
        where h.available_at <= now() and (l.expires_at is null or l.expires_at <= now())
        order by h.organization_id limit $1
      ), leased as (
        insert into ${leases} as l (organization_id, fence, expires_at)
        select f.organization_id, 1, now() + ${milliseconds('$2')} from free f order by f.organization_id
        on conflict (organization_id) do update set fence = l.fence + 1, expires_at = excluded.expires_at where l.expires_at <= now()
        returning l.organization_id, l.fence
      )
      select l.organization_id::text as "organizationId", l.fence::text as fence,
        (select h.organization_id::text from heads h order by h.nth desc limit 1) as "lastHead",
        (select count(*)::int from heads) as heads
      from (select) one left join leased l on true`
}
