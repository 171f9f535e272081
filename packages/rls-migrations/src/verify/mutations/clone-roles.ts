import type { Session } from '../../database/session.ts'
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.ts'

interface RoleRow {
  readonly role: string
  readonly attributes: readonly string[]
}

interface MembershipRow {
  readonly granted: string
  readonly member: string
  readonly admin: boolean
  readonly inherit: boolean
  readonly set: boolean
}

// A superuser of the original stays one: what it may do belongs to what is proved.
const roleQuery = `
select r.rolname::text as role,
       array_remove(array[case when r.rolcanlogin then 'login' else 'nologin' end, case when r.rolsuper then 'superuser' end,
         case when not r.rolinherit then 'noinherit' end, case when r.rolcreaterole then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
         case when r.rolbypassrls then 'bypassrls' end, case when r.rolreplication then 'replication' end], null) as attributes
from pg_roles r where r.rolname !~ '^pg_'`

const membershipQuery = `
select g.rolname::text as granted, u.rolname::text as member, m.admin_option as admin,
       coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) as inherit, coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) as set
from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member`

const settingQuery = `
select format('alter role %I in database %I set %I = %L', r.rolname, current_database(), split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)) as statement
from pg_db_role_setting s join pg_roles r on r.oid = s.setrole cross join unnest(s.setconfig) one
where s.setdatabase = (select oid from pg_database where datname = current_database())`

const databaseGrantQuery = `
select format('grant %s on database %I to %s', a.privilege_type, d.datname, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as statement
from pg_database d cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
where d.datname = current_database() and a.grantee <> d.datdba`

/** Statements that make the roles of a server on another one, without their passwords; a role that is there stays as it is. */
export async function cloneRoles(session: Session, serverVersion: number): Promise<readonly string[]> {
  const { rows: roles } = await session.query<RoleRow>(roleQuery)
  const { rows: memberships } = await session.query<MembershipRow>(membershipQuery)
  const create = roles.map(({ role, attributes }) => {
    const make = `create role ${quoteIdentifier(role)} ${attributes.join(' ')}`
    return `do $make$ begin if to_regrole(${quoteLiteral(quoteIdentifier(role))}) is null then execute ${quoteLiteral(make)}; end if; end $make$`
  })
  return [...create, ...memberships.map((one) => grantMembership(one, serverVersion))]
}

/** Statements that give a database of the same name the settings and privileges of the one of the session. */
export async function cloneDatabaseAccess(session: Session, database: string): Promise<readonly string[]> {
  const { rows: settings } = await session.query<{ statement: string }>(settingQuery)
  const { rows: grants } = await session.query<{ statement: string }>(databaseGrantQuery)
  return [
    `revoke all on database ${quoteIdentifier(database)} from public`,
    ...[...grants, ...settings].map(({ statement }) => statement),
  ]
}

function grantMembership({ granted, member, admin, inherit, set }: MembershipRow, serverVersion: number): string {
  const grant = `grant ${quoteIdentifier(granted)} to ${quoteIdentifier(member)}`
  if (serverVersion >= 160000) return `${grant} with admin ${admin}, inherit ${inherit}, set ${set}`
  return admin ? `${grant} with admin option` : grant
}
