import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { not, policyExists, policyIs, rowSecurityIs, type PolicyShape } from '../checks.ts'
import {
  isCitus,
  printedIsolation,
  requireTenant,
  tenantColumnOf,
  walledOutRoles,
  type PlanContext,
} from '../plan-context.ts'
import type { Check, Phase, Step } from '../step.ts'

interface Policy {
  readonly name: string
  /** As it is written; the same for USING and WITH CHECK. */
  readonly expression: string
  readonly shape: PolicyShape
  readonly until?: Phase
}

/** The policies of a tenant table and the switch that makes them count, in one instant. */
export function planTenantPolicies(context: PlanContext, table: Table): readonly Step[] {
  const { settings } = context
  const isolation: Policy = {
    name: 'tenant_isolation',
    expression: `${quoteIdentifier(tenantColumnOf(settings, table))} = ${requireTenant(settings)}`,
    shape: {
      permissive: false,
      roles: [settings.roles.app],
      expression: printedIsolation(settings, table),
      castsVary: settings.root !== null,
    },
  }
  return [policyStep(context, table, isolation)]
}

/** The policies of the people's table: a person is seen by the organizations that the person belongs to. */
export function planUserPolicies(context: PlanContext, table: Table): readonly Step[] {
  const { settings } = context
  const users = settings.users
  if (users === null) return []
  const compared = comparedType(users.idType)
  const id = quoteIdentifier(users.id)
  const membership: Policy = {
    name: 'member_access',
    expression: `${compared === users.idType ? id : `${id}::${compared}`} = any ((select ${quoteIdentifier(settings.controlSchema)}.current_member_ids())::${compared}[])`,
    shape: {
      permissive: false,
      roles: [settings.roles.app],
      expression: `${users.id} = ANY ( SELECT ${settings.controlSchema}.current_member_ids() AS current_member_ids)`,
      castsVary: true,
    },
  }
  return [policyStep(context, table, membership)]
}

/**
 * Ids of varying length are compared as text: PostgreSQL has no comparison of its own for them. So are those of a type
 * that an extension or the host made, which has a point in its name: its operators may be out of the search path.
 */
function comparedType(idType: string): string {
  return idType.startsWith('character varying') || idType.includes('.') ? 'text' : idType
}

/**
 * Restrictive, so that no careless policy beside it opens the table. On the shards of Citus a restrictive policy is a
 * permissive one, and the one beside it would open all: there it stands alone.
 */
function walls({ settings }: PlanContext, wall: Policy): readonly Policy[] {
  return isCitus(settings) && wall.name === 'tenant_isolation'
    ? [{ ...wall, shape: { ...wall.shape, permissive: true } }]
    : [access('tenant_access', settings.roles.app), wall]
}

function policyStep(context: PlanContext, table: Table, wall: Policy): Step {
  const name = displayName(table)
  const policies = [
    ...legacyPolicy(context, table),
    ...walls(context, wall),
    access('operator_access', context.settings.roles.operator),
  ]
  const rowSecurity: Check = { object: `row-level security on ${name}`, sql: rowSecurityIs(table, true) }
  return {
    id: `expand/${name}/policies`,
    phase: 'expand',
    kind: 'policy',
    table: name,
    summary: `put the wall around ${name}: ${policies.map((policy) => policy.name).join(', ')}`,
    mode: 'transaction',
    statements: [
      ...policies.map((policy) => createPolicy(table, policy)),
      `alter table ${quoteName(table)} enable row level security`,
    ],
    lock: 'ACCESS EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [...policies.map((policy) => policyCheck(table, policy)), rowSecurity],
    inverse: [
      {
        id: `undo/${name}/policies`,
        stage: 'access',
        summary: `take the policies off ${name}`,
        mode: 'transaction',
        statements: [
          ...policies.map((policy) => `drop policy if exists ${policy.name} on ${quoteName(table)}`),
          ...(table.rowSecurity ? [] : [`alter table ${quoteName(table)} disable row level security`]),
        ],
        lock: 'ACCESS EXCLUSIVE',
        scans: false,
        rewrites: false,
        checks: [
          ...policies.map((policy) => ({
            object: `policy ${policy.name} on ${name}`,
            sql: not(policyExists(table, policy.name)),
          })),
          { object: rowSecurity.object, sql: rowSecurityIs(table, table.rowSecurity) },
        ],
      },
    ],
  }
}

/** For the roles that used the table before: without it, ENABLE would leave every role but the owner with no rows. */
function legacyPolicy(context: PlanContext, table: Table): readonly Policy[] {
  const all = walledOutRoles(context, table)
  // The server keeps PUBLIC alone, since every other role is a part of it.
  const roles = all.includes('public') ? ['public'] : all
  if (roles.length === 0) return []
  return [
    {
      name: 'legacy_access',
      expression: 'true',
      shape: { permissive: true, roles, expression: 'true' },
      until: 'contract',
    },
  ]
}

function access(name: string, role: string): Policy {
  return { name, expression: 'true', shape: { permissive: true, roles: [role], expression: 'true' } }
}

export function createPolicy(table: Table, policy: Policy): string {
  const roles = policy.shape.roles.map((role) => (role === 'public' ? 'public' : quoteIdentifier(role))).join(', ')
  const kind = policy.shape.permissive ? 'permissive' : 'restrictive'
  return `create policy ${policy.name} on ${quoteName(table)} as ${kind} for all to ${roles} using (${policy.expression}) with check (${policy.expression})`
}

function policyCheck(table: Table, policy: Policy): Check {
  const check = {
    object: `policy ${policy.name} on ${displayName(table)}`,
    sql: policyIs(table, policy.name, policy.shape),
  }
  return policy.until === undefined ? check : { ...check, until: policy.until }
}

/** Contract: the roles of old see nothing from here on, unless they are made members of app or of operator. */
export function planDropLegacyPolicy(context: PlanContext, table: Table): readonly Step[] {
  const [policy] = legacyPolicy(context, table)
  if (policy === undefined) return []
  const name = displayName(table)
  const object = `policy ${policy.name} on ${name}`
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  return [
    {
      ...instant,
      id: `contract/${name}/legacy-policy`,
      phase: 'contract',
      kind: 'drop-policy',
      table: name,
      summary: `end the access of ${policy.shape.roles.join(', ')} to ${name}`,
      statements: [`drop policy ${policy.name} on ${quoteName(table)}`],
      checks: [{ object, sql: not(policyExists(table, policy.name)) }],
      inverse: [
        {
          ...instant,
          id: `undo/${name}/legacy-policy`,
          stage: 'enforcement',
          summary: `give ${policy.shape.roles.join(', ')} their access to ${name} back`,
          statements: [createPolicy(table, policy)],
          checks: [{ object, sql: policyIs(table, policy.name, policy.shape) }],
        },
      ],
    },
  ]
}
