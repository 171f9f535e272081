/** What waits in the outbox, over all organizations. */
export interface OutboxBacklog {
  /** Events that are to be delivered, those that wait to be tried again included. */
  readonly pending: number
  /** Of these: what was delivered at least once, without success. Those behind them in their organizations wait as well. */
  readonly retrying: number
  /** Organizations of which something is pending. */
  readonly organizations: number
  /** Given up, for people to decide: `deadLetters()`. */
  readonly dead: number
  /** Delivered, and kept for `retentionMs`. */
  readonly delivered: number
  /** When the oldest event was appended that is pending; `null` without one. */
  readonly oldestPendingAt: Date | null
  /** How long ago that was, by the clock of the database; 0 without one. */
  readonly oldestPendingAgeMs: number
}

/** Each count by a partial index of its state. @param control - The schema, quoted. */
export function backlogStatement(control: string): string {
  const outbox = `${control}.outbox`
  return `
    select p.*, d.dead, s.delivered from (
      select count(*)::float8 as pending, (count(*) filter (where o.attempts > 0))::float8 as retrying,
        count(distinct o.organization_id)::float8 as organizations, min(o.created_at) as "oldestPendingAt",
        coalesce(extract(epoch from clock_timestamp() - min(o.created_at)) * 1000, 0)::float8 as "oldestPendingAgeMs"
      from ${outbox} o where o.delivered_at is null and o.dead_at is null) p
    cross join (select count(*)::float8 as dead from ${outbox} o where o.dead_at is not null) d
    cross join (select count(*)::float8 as delivered from ${outbox} o where o.delivered_at is not null) s`
}
