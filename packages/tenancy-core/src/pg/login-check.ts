import { TenancyError } from '../tenancy-error.ts'

/** What the catalog says about the login and every role that it can become. */
export interface LoginFacts {
  readonly login: string
  readonly database: string
  /** Roles with a property that voids row level security; the login itself among them. */
  readonly roles: readonly RoleFacts[]
  /** Functions of the control plane that exist. */
  readonly functions: readonly string[]
  /** Whether the policies take tokens: the accessor runs as the owner of the keys. */
  readonly sealed: boolean
}

/** One role that the login is, or can become. */
export interface RoleFacts {
  readonly name: string
  readonly self: boolean
  readonly superuser: boolean
  readonly bypassRls: boolean
  readonly createRole: boolean
  readonly replication: boolean
  readonly ownsTenantTables: boolean
  readonly ownsControlPlane: boolean
  /** A table gives it rows by a policy, and none of the restrictive policies that the table has applies to it. */
  readonly unrestricted: boolean
}

const serverFileRoles = ['pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files']
const requiredFunctions = ['current_tenant_id', 'require_tenant_id']

/**
 * One statement, for PostgreSQL 13 to 18. Every membership counts, whatever its options: INHERIT acts at once, SET after
 * SET ROLE, and ADMIN lets the login grant itself the other two.
 */
export const loginFactsSql: string = `
with recursive reachable(oid) as (
  select r.oid from pg_catalog.pg_roles r where r.rolname in (session_user, current_user)
  union
  select m.roleid from pg_catalog.pg_auth_members m join reachable on m.member = reachable.oid
), facts as (
  select r.rolname::text as name, r.rolname = session_user as self, r.rolsuper as superuser,
    r.rolbypassrls as "bypassRls", r.rolcreaterole as "createRole", r.rolreplication as replication,
    exists (select from pg_catalog.pg_class c where c.relowner = r.oid and c.relrowsecurity) as "ownsTenantTables",
    exists (select from pg_catalog.pg_namespace n where n.nspowner = r.oid and n.nspname = $1) as "ownsControlPlane",
    exists (
      select from pg_catalog.pg_policy given
      where given.polpermissive and (0 = any (given.polroles) or r.oid = any (given.polroles))
        and pg_catalog.has_table_privilege(r.oid, given.polrelid, 'SELECT, INSERT, UPDATE, DELETE')
        and exists (select from pg_catalog.pg_policy p where p.polrelid = given.polrelid and not p.polpermissive)
        and not exists (
          select from pg_catalog.pg_policy p, pg_catalog.unnest(p.polroles) as target(oid)
          where p.polrelid = given.polrelid and not p.polpermissive
            and case when target.oid = 0 then true else pg_catalog.pg_has_role(r.oid, target.oid, 'USAGE') end
        )
    ) as unrestricted
  from pg_catalog.pg_roles r join reachable using (oid)
)
select session_user::text as login, pg_catalog.current_database()::text as database,
  (select pg_catalog.json_agg(facts) from facts) as roles,
  (select coalesce(pg_catalog.json_agg(p.proname), '[]'::json) from pg_catalog.pg_proc p
     join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname = $1 and p.pronargs = 0) as functions,
  exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname = $1 and p.proname = 'require_tenant_id' and p.prosecdef) as sealed`

/**
 * Judges the login. The schema is `undefined` where there is no control plane to look for.
 *
 * @throws {TenancyError} `LOGIN_PRIVILEGED` when row level security does not bind the login, or does not have to.
 * @throws {TenancyError} `CONTROL_PLANE_MISSING` when the functions that the policies call are not there.
 */
export function assertLoginBound(facts: LoginFacts, schema: string | undefined): void {
  const reasons = facts.roles.flatMap((role) => reasonsOf(role, facts.database))
  if (reasons.length > 0) {
    throw new TenancyError(
      'LOGIN_PRIVILEGED',
      `The login "${facts.login}" is not bound by row level security: ${reasons.join('; ')}. Nothing else was sent on ` +
        'this connection. Connect as a login that is a member of the app role only.',
      { details: { login: facts.login, reasons } },
    )
  }
  if (schema === undefined) return
  const missing = requiredFunctions.filter((name) => !facts.functions.includes(name))
  if (missing.length === 0) return
  throw new TenancyError(
    'CONTROL_PLANE_MISSING',
    `The database "${facts.database}" has no ${missing.map((name) => `${schema}.${name}()`).join(' and no ')}. ` +
      'Run `partywall install` against it, or pass the schema where the control plane is.',
    { details: { database: facts.database, schema, missing } },
  )
}

/**
 * Sets a tenant with `set`, a statement of one parameter, and asks what the policies ask. A sealed context refuses what is
 * no token of its keys before it looks at the organization.
 */
export function sealCheckSql(set: string, schema: string): string {
  return `${set}, "${schema.replaceAll('"', '""')}".require_tenant_id()`
}

/** The organization of the check. That it is none, or no id at all, comes out after the token was accepted. */
export const sealCheckOrganization = '0'

/** What the answer to {@link sealCheckSql} says of the way in which the service sends its tenants. */
export function sealRefusal(error: unknown, facts: LoginFacts): TenancyError | undefined {
  const { code, routine, message } = (error ?? {}) as { code?: unknown; routine?: unknown; message?: unknown }
  // Raised by the accessor; whoever may not call it is told so with the same SQLSTATE.
  if (code !== '42501' || routine !== 'exec_stmt_raise') return undefined
  return new TenancyError(
    'SEAL_REFUSED',
    `The database "${facts.database}" has a sealed context and refuses how this service sends its tenants: ` +
      `${String(message)}. Pass \`seal: { key }\` to createTenancy(), with a key that \`partywall seal rotate\` made for ` +
      'this database and that is not retired; a token that has expired already tells of clocks that are apart.',
    { details: { database: facts.database }, cause: error },
  )
}

/** @throws {TenancyError} `SEAL_MISSING` when the policies would take a token for an id that is none. */
export function assertSealed(facts: LoginFacts, schema: string): void {
  if (facts.sealed) return
  throw new TenancyError(
    'SEAL_MISSING',
    `The database "${facts.database}" takes bare organization ids, and this service sends tokens. Run \`partywall seal ` +
      `accept\` against it, or remove \`seal\` from createTenancy(). Looked for ${schema}.require_tenant_id().`,
    { details: { database: facts.database, schema } },
  )
}

function reasonsOf(role: RoleFacts, database: string): string[] {
  const prefix = role.self ? 'it' : `it can become "${role.name}", which`
  const reasons: string[] = []
  if (role.superuser) reasons.push(`${prefix} is superuser`)
  if (role.bypassRls) reasons.push(`${prefix} has BYPASSRLS`)
  if (role.createRole) reasons.push(`${prefix} has CREATEROLE`)
  if (role.replication) reasons.push(`${prefix} has REPLICATION`)
  if (role.ownsTenantTables) reasons.push(`${prefix} owns tables with row level security`)
  if (role.ownsControlPlane) reasons.push(`${prefix} owns the control plane`)
  if (role.unrestricted) reasons.push(`${prefix} is given rows by a policy that no tenant policy restricts`)
  if (serverFileRoles.includes(role.name)) reasons.push(`${prefix} reaches the files of the server`)
  if ([`partywall_${database}_operator`, `partywall_${database}_migrator`].includes(role.name)) {
    reasons.push(`${prefix} works across tenants`)
  }
  return reasons
}
