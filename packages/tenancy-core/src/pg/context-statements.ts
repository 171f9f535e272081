/** The SQL that opens the scope of a unit. */
export interface ContextStatements {
  /** Sets the tenant and fails when the session already had one. */
  readonly open: string
  /** Sets it again, after a rollback to a savepoint. */
  readonly again: string
  /** Whether connections keep the two prepared. Not through a PgBouncer below 1.21. */
  readonly prepared: boolean
}

/** The statements for one setting. */
export function contextStatements(setting: string, prepared: boolean): ContextStatements {
  const literal = `'${setting.replaceAll("'", "''")}'`
  const set = `pg_catalog.set_config(${literal},$1,true)`
  // A tenant that is there before the unit begins was left by something that outlived another unit. The division
  // fails before the caller's statement runs; it reads the process id because a constant would be folded, and raised,
  // while planning. Functions and not operators: those are looked up along a search path that the caller may set.
  const trap = 'pg_catalog.int4div(1, pg_catalog.int4mul(pg_catalog.pg_backend_pid(), 0))::pg_catalog.text'
  const clean = `pg_catalog.texteq(coalesce(pg_catalog.current_setting(${literal},true),''),'')`
  return { open: `select case when ${clean} then ${set} else ${trap} end`, again: `select ${set}`, prepared }
}
