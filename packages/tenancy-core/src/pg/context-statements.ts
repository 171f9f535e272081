import type { TenantSeal } from '../seal/tenant-seal.ts'

/** The SQL that opens the scope of a unit. */
export interface ContextStatements {
  /** Sets the tenant and fails when the session already had one. */
  readonly open: string
  /** Sets it again, after a rollback to a savepoint. */
  readonly again: string
  /** The same with a time-out for the statements that follow, as the second parameter. */
  readonly openTimed: string
  readonly againTimed: string
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
  // A tenant that is there before the unit begins was left by something that outlived another unit. The division
  // fails before the caller's statement runs; it reads the process id because a constant would be folded, and raised,
  // while planning. Functions and not operators: those are looked up along a search path that the caller may set.
  const trap = 'pg_catalog.int4div(1, pg_catalog.int4mul(pg_catalog.pg_backend_pid(), 0))::pg_catalog.text'
  const clean = `pg_catalog.texteq(coalesce(pg_catalog.current_setting(${literal},true),''),'')`
  // Set with every unit and not once for the session: through a pooler the session is not ours, and BEGIN READ WRITE
  // outranks a default.
  const readOnly = options.readOnly === true ? `,pg_catalog.set_config('transaction_read_only','on',true)` : ''
  const timed = `,pg_catalog.set_config('statement_timeout',$2,true)`
  const open = `select case when ${clean} then ${set} else ${trap} end${readOnly}`
  const again = `select ${set}${readOnly}`
  const { prepared, seal } = options
  const valueOf = (organizationId: string): string => seal?.tokenOf(organizationId) ?? organizationId
  return { open, again, openTimed: open + timed, againTimed: again + timed, prepared, valueOf }
}
