import type { Session } from '../database/session.ts'
import type { PlanSettings } from '../plan/plan.ts'

/**
 * The application's role and everyone who acts through it: by inheritance or by SET ROLE, over any number of steps.
 * The login of the conversion is left out: from 16 on it is a member so that it can prove the wall.
 */
export async function findBoundRoles(session: Session, settings: PlanSettings): Promise<readonly string[]> {
  const { rows } = await session.query<{ role: string }>(boundRoleQuery, [settings.roles.app, settings.login])
  return rows.map(({ role }) => role)
}

// The options of a membership came with 16: before, every membership inherits and may SET ROLE.
const boundRoleQuery = `
with recursive edges as (
  select m.roleid, m.member from pg_auth_members m
  where coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) or coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
), bound as (
  select r.oid from pg_roles r where r.rolname = $1
  union
  select e.member from edges e join bound b on b.oid = e.roleid join pg_roles r on r.oid = e.member
  where r.rolname not in ($2, current_user)
)
select r.rolname as role from bound b join pg_roles r on r.oid = b.oid order by r.rolname <> $1, r.rolname`
