import { migrations } from '../../generated/migrations.ts'
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.ts'
import { renderTemplate } from '../../sql/sql-template.ts'
import { isMember, mayExecute, not, roleExists, roleIsPlain } from '../checks.ts'
import { functionChecks } from '../function-checks.ts'
import { migrationChecks, migrationIsGone, withoutReplaced } from '../migration-checks.ts'
import type { PlanContext } from '../plan-context.ts'
import type { PlanSettings } from '../plan.ts'
import type { Check, Step } from '../step.ts'
import { planSealedContext } from './sealed-context.ts'

const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const

/** Roles, control-plane schema, default organization: what everything else stands on. Touches nothing of the host. */
export function planControlPlane(context: PlanContext): readonly Step[] {
  return [
    ...planRoles(context),
    ...planMemberships(context),
    ...planMigrations(context),
    ...planDefaultOrganization(context.settings),
    ...planSealedContext(context.settings),
  ]
}

function planRoles(context: PlanContext): readonly Step[] {
  const { app, operator, definer } = context.settings.roles
  return [app, operator, definer].map((role) => ({
    ...instant,
    id: `install/role-${role}`,
    phase: 'install',
    kind: 'role',
    table: null,
    summary: `create the role ${role}`,
    statements: [`create role ${quoteIdentifier(role)} nologin`],
    checks: [{ object: `role ${role}`, sql: roleIsPlain(role) }],
    inverse: [
      {
        ...instant,
        id: `undo/role-${role}`,
        stage: 'roles',
        privileged: true,
        summary: `drop the role ${role}`,
        statements: [`drop role if exists ${quoteIdentifier(role)}`],
        checks: [{ object: `role ${role}`, sql: not(roleExists(role)) }],
      },
    ],
  }))
}

function planMemberships(context: PlanContext): readonly Step[] {
  const { settings, catalog } = context
  const { app, operator, definer } = settings.roles
  const inner = membershipStep({ group: app, member: definer, options: '' })
  // What the login needs to hand objects to our roles and to act as them in verify; it inherits nothing.
  if (catalog.login.superuser || catalog.serverVersion < 160000) return [inner]
  // Who creates a role may administer it; a login that was given ours by a DBA must be told so.
  const options = catalog.login.createRole
    ? ' with inherit false, set true'
    : ' with admin true, inherit false, set true'
  return [inner, ...[app, operator, definer].map((group) => membershipStep({ group, member: settings.login, options }))]
}

function membershipStep({ group, member, options }: { group: string; member: string; options: string }): Step {
  const object = `membership of ${member} in ${group}`
  // The creator of a role is its member already, to administer it; the option SET is what this grant adds.
  const holds =
    options === ''
      ? isMember(member, group)
      : `exists (select from pg_auth_members m where m.member = to_regrole(${quoteLiteral(quoteIdentifier(member))})::oid and m.roleid = to_regrole(${quoteLiteral(quoteIdentifier(group))})::oid and (to_jsonb(m) ->> 'set_option')::boolean)`
  return {
    ...instant,
    id: `install/role-${group}/member-${member}`,
    phase: 'install',
    kind: 'role',
    table: null,
    summary: `make ${member} a member of ${group}`,
    statements: [`grant ${quoteIdentifier(group)} to ${quoteIdentifier(member)}${options}`],
    checks: [{ object, sql: holds }],
    // The membership ends with the role.
    inverse: [],
  }
}

function planMigrations(context: PlanContext): readonly Step[] {
  const { settings } = context
  const roles = [settings.roles.operator]
  const steps = migrations.map(({ name, up, down }): Step => {
    const sql = renderTemplate(up, settings)
    return {
      ...instant,
      id: `install/${name}`,
      phase: 'install',
      kind: 'migration',
      table: null,
      summary: `install ${name.replace(/^\d+_/, '').replaceAll('_', ' ')}`,
      // Functions change hands to the operator: before 16 the login is a member for the length of the transaction.
      statements: membershipWrapped(context, roles, sql),
      checks: `install/${name}` === contextStepId ? contextChecks(settings) : migrationChecks(sql, settings),
      inverse: [
        {
          ...instant,
          id: `undo/${name}`,
          stage: 'control-plane',
          summary: `drop ${name.replace(/^\d+_/, '').replaceAll('_', ' ')}`,
          statements: membershipWrapped(context, roles, renderTemplate(down, settings)),
          checks: [{ object: name, sql: migrationIsGone(sql) }],
        },
      ],
    }
  })
  return withoutReplaced(steps)
}

/** The step that makes the accessors. */
export const contextStepId = 'install/0001_tenant_context'

/** The accessors, word for word; a sealed context replaces them, and answers for them itself. */
export function contextChecks(settings: PlanSettings): readonly Check[] {
  const { up = '' } = migrations.find(({ name }) => `install/${name}` === contextStepId) ?? {}
  if (settings.seal === undefined) return functionChecks(renderTemplate(up, settings))
  const signature = `${quoteIdentifier(settings.controlSchema)}.require_tenant_id()`
  const { app } = settings.roles
  return [{ object: `privilege of ${app} on ${signature.replaceAll('"', '')}`, sql: mayExecute(app, signature) }]
}

function membershipWrapped(context: PlanContext, roles: readonly string[], sql: string): readonly string[] {
  if (context.catalog.login.superuser || context.catalog.serverVersion >= 160000) return [sql]
  const login = quoteIdentifier(context.settings.login)
  return [
    ...roles.map((role) => `grant ${quoteIdentifier(role)} to ${login}`),
    sql,
    ...roles.map((role) => `revoke ${quoteIdentifier(role)} from ${login}`),
  ]
}

/** With an adopted root, the default organization is one of its rows, and comes with them. */
function planDefaultOrganization(settings: PlanSettings): readonly Step[] {
  if (settings.root !== null || settings.defaultOrganization === null) return []
  const { id, slug, name } = settings.defaultOrganization
  const table = `${quoteIdentifier(settings.controlSchema)}.organizations`
  return [
    {
      ...instant,
      id: 'install/default-organization',
      phase: 'install',
      kind: 'organization',
      table: null,
      summary: `create the organization "${slug}", owner of the rows that exist`,
      statements: [
        `insert into ${table} (id, slug, name, is_default) values (${quoteLiteral(id)}, ${quoteLiteral(slug)}, ${quoteLiteral(name)}, true) on conflict (id) do nothing`,
      ],
      // A row, and no fact of the catalog: the journal remembers it, and the statement may run twice.
      checks: [],
      inverse: [],
    },
  ]
}
