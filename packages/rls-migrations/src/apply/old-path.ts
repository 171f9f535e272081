import { TenancyError } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import { quoteName } from '../sql/identifier.ts'

/**
 * Why contract or enforce breaks what a login does: it acts as an owner of the tables, whom FORCE binds; it is a
 * superuser, whose rows would lack a tenant; or it is a role that never heard of tenants, and will see no rows.
 */
export type OldPathReason = 'owner' | 'superuser' | 'role'

/** A connection whose login is not on the new path. Never what it runs. */
export interface OldPathSession {
  readonly pid: number
  readonly login: string
  readonly reason: OldPathReason
  readonly applicationName: string | null
  readonly address: string | null
  /** Null, as what follows, for a login that may not see other sessions. */
  readonly state: string | null
  readonly lastStatementAt: string | null
}

/** Who still reaches the tenant tables without being a member of the application's role, the operator's or the migrator's. */
export interface OldPath {
  readonly sessions: readonly OldPathSession[]
  /** Logins that may, connected or not. */
  readonly roles: readonly { readonly login: string; readonly reason: OldPathReason }[]
}

/** Looks at the roles and sessions of the database; sessions of this tool do not count. */
export async function findOldPath(session: Session, plan: Plan): Promise<OldPath> {
  const { roles, login } = plan.settings
  const tables = [...plan.tables.tenant, ...plan.tables.user].map(quoteName)
  const values = [tables, login, [roles.migrator], [roles.app, roles.operator, roles.definer]]
  const { rows } = await session.query<{ login: string; reason: OldPathReason }>(`${oldLogins} order by login`, values)
  const { rows: sessions } = await session.query<OldPathSession>(
    `with old as (${oldLogins})
     select a.pid, old.login, old.reason, nullif(a.application_name, '') as "applicationName", host(a.client_addr) as address, a.state,
       to_char(a.query_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "lastStatementAt"
     from pg_stat_activity a join old on old.login = a.usename
     where a.datname = current_database() and coalesce(a.backend_type, 'client backend') = 'client backend'
       and a.pid <> pg_backend_pid() and a.application_name not like 'partywall %'
     order by old.login, a.pid`,
    values,
  )
  return { roles: rows, sessions }
}

/** Logins by what they reach. Membership is followed here: for a superuser the server's own functions say yes to all. */
const oldLogins = `
with recursive tables as (select c.oid, c.relowner from unnest($1::text[]) t(name) join pg_class c on c.oid = to_regclass(t.name)),
owners as (select oid from pg_roles where rolname = $2 union select relowner from tables
  union select m.member from pg_auth_members m join owners on owners.oid = m.roleid),
migrators as (select oid from pg_roles where rolname = any ($3) union select m.member from pg_auth_members m join migrators on migrators.oid = m.roleid),
bound as (select oid from pg_roles where rolname = any ($4) union select m.member from pg_auth_members m join bound on bound.oid = m.roleid),
logins as (
  select r.rolname::text as login, case
    when r.oid in (select oid from migrators) then null
    when r.rolsuper then 'superuser'
    when r.oid in (select oid from owners) then 'owner'
    when r.oid in (select oid from bound) then null
    when exists (select from tables t where has_any_column_privilege(r.oid, t.oid, 'insert, update') or has_table_privilege(r.oid, t.oid, 'delete')
      or (not r.rolbypassrls and has_any_column_privilege(r.oid, t.oid, 'select'))) then 'role'
  end as reason
  from pg_roles r where r.rolcanlogin and exists (select from tables))
select login, reason from logins where reason is not null`

/**
 * Stops before a phase that would break what is connected.
 *
 * @throws TenancyError `OLD_PATH_IN_USE` with each session.
 */
export function refuseOldPath({ sessions }: OldPath, phase: string): void {
  if (sessions.length === 0) return
  throw new TenancyError(
    'OLD_PATH_IN_USE',
    `${phase} would break what is connected still:\n${oldSessionsText(sessions)}\nNothing of ${phase} was begun. Move them to a login that is a member of the application's role, end them, or pass --accept-old-sessions.`,
    { details: { phase, sessions } },
  )
}

const meaning: Readonly<Record<OldPathReason, string>> = {
  owner: 'acts as the owner of the tables',
  superuser: 'is a superuser',
  role: "is no member of the application's role",
}

/** A line for each login and application, since a pool has many sessions that are alike. */
export function oldSessionsText(sessions: readonly OldPathSession[]): string {
  const groups = Map.groupBy(
    sessions,
    ({ login, applicationName, address }) => `${login}\0${applicationName}\0${address}`,
  )
  return [...groups.values()]
    .map((group) => {
      const [first] = group as [OldPathSession, ...OldPathSession[]]
      const last = group
        .map(({ lastStatementAt }) => lastStatementAt ?? '')
        .toSorted()
        .at(-1)
      const facts = [
        `${group.length} ${group.length === 1 ? 'session' : 'sessions'}`,
        ...(first.applicationName === null ? [] : [first.applicationName]),
        ...(first.address === null ? [] : [`from ${first.address}`]),
        `pid ${group.map(({ pid }) => pid).join(', ')}`,
        ...(last === undefined || last === '' ? [] : [`last statement ${last}`]),
      ]
      return `  ${first.login} ${meaning[first.reason]}: ${facts.join(', ')}`
    })
    .join('\n')
}

/** The logins that nobody uses at the moment, in one line; empty when there are none. */
export function idleRolesText({ roles, sessions }: OldPath): string {
  const connected = new Set(sessions.map(({ login }) => login))
  const idle = roles.filter(({ login, reason }) => reason === 'role' && !connected.has(login))
  if (idle.length === 0) return ''
  return `Logins that reach the tables, are not connected now, and will see no rows from contract on: ${idle.map(({ login }) => login).join(', ')}\n`
}
