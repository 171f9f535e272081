import type { TenantSeal } from '../seal/tenant-seal.ts'

/** How a unit opens its scope. */
export type ContextVariant = 'open' | 'guarded' | 'again'

/** The SQL that opens the scope of a unit, and how it is sent. Each answers with what was set before, and what is now. */
export interface ContextStatements {
  /**
   * Sets the tenant. What the session had before is told and not refused: the tenant of the unit is set in front of every
   * statement, so that nothing of the unit runs with the other.
   */
  readonly open: string
  /**
   * Fails when the session already had a tenant. For the first unit of a connection, and for procedures: a COMMIT inside
   * of them ends the setting of the unit, and what the session had would come back.
   */
  readonly guarded: string
  /** Sets it again, after a rollback to a savepoint. */
  readonly again: string
  /** Follows each of them where there is a time-out for the statements behind it, the second parameter. */
  readonly timed: string
  /** Whether connections keep them prepared. Not through a PgBouncer below 1.21. */
  readonly prepared: boolean
  /** The value that is set for an organization: its id, or a token for it. */
  valueOf(organizationId: string): string
}

/** The statements for one setting. */
export function contextStatements(
  setting: string,
  options: { readonly prepared: boolean; readonly readOnly?: boolean; readonly seal?: TenantSeal | undefined },
): ContextStatements {
  const literal = `'${setting.replaceAll("'", "''")}'`
  const set = `pg_catalog.set_config(${literal},$1,true)`
  const before = `pg_catalog.current_setting(${literal},true)`
  // The division fails before the caller's statement runs; it reads the process id because a constant would be folded,
  // and raised, while planning. Functions and not operators: those are looked up along a search path that the caller
  // may set.
  const trap = 'pg_catalog.int4div(1, pg_catalog.int4mul(pg_catalog.pg_backend_pid(), 0))::pg_catalog.text'
  const clean = `pg_catalog.texteq(coalesce(${before},''),'')`
  // Set with every unit and not once for the session: through a pooler the session is not ours, and BEGIN READ WRITE
  // outranks a default.
  const readOnly = options.readOnly === true ? `,pg_catalog.set_config('transaction_read_only','on',true)` : ''
  const { prepared, seal } = options
  return {
    open: `select ${before},${set}${readOnly}`,
    guarded: `select '',case when ${clean} then ${set} else ${trap} end${readOnly}`,
    again: `select '',${set}${readOnly}`,
    timed: `,pg_catalog.set_config('statement_timeout',$2,true)`,
    prepared,
    valueOf: (organizationId) => seal?.tokenOf(organizationId) ?? organizationId,
  }
}
