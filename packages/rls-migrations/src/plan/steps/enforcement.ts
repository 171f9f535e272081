import type { ForeignKey, Table } from '../../catalog/catalog.ts'
import { onlyItself } from '../../catalog/partition-tree.ts'
import { joinCondition } from '../../derive/join-condition.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { hostTenantForeignKeys } from '../host-tenant-keys.ts'
import { forceRowSecurityIs, isMember, not, roleExists, roleIsPlain } from '../checks.ts'
import { compositeKeyName, tenantColumnOf, tenantForeignKeys, type PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'
import { seeingAllRows } from './seeing-all-rows.ts'

/**
 * Before FORCE, every composite key is proved once more by an anti-join: PostgreSQL marks a key as valid without having
 * seen a row when a policy was in its way, and says nothing.
 */
export function planReproof(context: PlanContext, table: Table): readonly Step[] {
  const ours = tenantForeignKeys(context, table).map((key) => ({ key, proved: compositeKeyName(context, table, key) }))
  const theirs = hostTenantForeignKeys(context, table).map((key) => ({ key, proved: key.name }))
  return [...ours, ...theirs]
    .filter(({ key }) => key.validated)
    .map(({ key, proved }) => {
      const name = displayName(table)
      return {
        id: `enforce/${name}/reproof-${key.name}`,
        phase: 'enforce',
        kind: 'reproof',
        table: name,
        summary: `prove ${proved} of ${name} once more, by an anti-join`,
        mode: 'transaction',
        statements: seeingAllRows(context, [table, key.references], [antiJoin(context, table, key)]),
        lock: 'ACCESS SHARE',
        scans: true,
        rewrites: false,
        // Nothing in the catalog tells that it ran: the journal does.
        checks: [],
        inverse: [],
      } as const
    })
}

function antiJoin(context: PlanContext, table: Table, key: ForeignKey): string {
  const { settings } = context
  const column = (of: QualifiedName): string => quoteIdentifier(tenantColumnOf(settings, of))
  const pairs = `parent.${column(key.references)} = child.${column(table)} and ${joinCondition(key, 'child', 'parent')}`
  const present = key.columns.map((column) => `child.${quoteIdentifier(column)} is not null`)
  const parentTable = context.graph.table(key.references)
  const onlyParent = parentTable === undefined ? '' : onlyItself(parentTable)
  const orphans = `select from ${onlyItself(table)}${quoteName(table)} child where ${present.join(' and ')} and not exists (select from ${onlyParent}${quoteName(key.references)} parent where ${pairs})`
  const message = `rows of ${displayName(table)} reference no row of ${displayName(key.references)} in their organization`
  return `do $reproof$ begin if exists (${orphans}) then raise exception using errcode = '23503', message = ${quoteLiteral(message)}; end if; end $reproof$`
}

/** FORCE: from here on the owner of the table is bound as well. The last step on every table. */
export function planForce(context: PlanContext, table: Table): readonly Step[] {
  if (table.forceRowSecurity) return []
  const name = displayName(table)
  const alter = `alter table ${quoteName(table)}`
  const object = `FORCE row-level security on ${name}`
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  return [
    {
      ...instant,
      id: `enforce/${name}/force`,
      phase: 'enforce',
      kind: 'force',
      table: name,
      summary: `bind the owner of ${name} as well`,
      statements: [`${alter} force row level security`],
      checks: [{ object, sql: forceRowSecurityIs(table, true) }],
      inverse: [
        {
          ...instant,
          id: `undo/${name}/force`,
          stage: 'enforcement',
          summary: `release the owner of ${name}`,
          statements: [`${alter} no force row level security`],
          checks: [{ object, sql: forceRowSecurityIs(table, false) }],
        },
      ],
    },
  ]
}

/**
 * Under FORCE the maintenance of an owner would see no rows and succeed; with `row_security = off` it fails, loudly. The
 * settings of a role count when it logs in: a group that owns tables needs them on each login that acts as it.
 */
export function planOwnerSettings(context: PlanContext): readonly Step[] {
  return [...new Set([...boundOwners(context), ...actingLogins(context)])].map((owner) => {
    const role = quoteIdentifier(owner)
    const database = quoteIdentifier(context.catalog.database)
    const isSet = `exists (select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = current_database() and s.setrole = to_regrole(${quoteLiteral(role)})::oid and 'row_security=off' = any (s.setconfig))`
    const object = `row_security = off for ${owner}`
    const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false, privileged: true } as const
    return {
      ...instant,
      id: `enforce/role-${owner}/row-security`,
      phase: 'enforce',
      kind: 'owner-setting',
      table: null,
      summary: `let the maintenance of ${owner} fail loudly instead of seeing no rows`,
      statements: [`alter role ${role} in database ${database} set row_security = off`],
      checks: [{ object, sql: isSet }],
      inverse: [
        {
          ...instant,
          id: `undo/role-${owner}/row-security`,
          stage: 'enforcement',
          summary: `reset row_security of ${owner}`,
          statements: [`alter role ${role} in database ${database} reset row_security`],
          checks: [{ object, sql: not(isSet) }],
        },
      ],
    }
  })
}

/**
 * The role of the host's own migrations: the rights of the owner, and as a member of operator the sight of every row.
 * From 16 on whoever creates a role is a member of it, so an owner cannot create one that is a member of the owner: that
 * is left to a DBA.
 */
export function planMigrator(context: PlanContext): readonly Step[] {
  const { migrator, operator } = context.settings.roles
  const groups = [operator, ...boundOwners(context)]
  const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false, privileged: true } as const
  const name = quoteIdentifier(migrator)
  return [
    {
      ...instant,
      id: `enforce/role-${migrator}`,
      phase: 'enforce',
      kind: 'role',
      table: null,
      summary: `create ${migrator}, the role of your own migrations from here on`,
      statements: [
        `create role ${name} nologin`,
        ...groups.map((group) => `grant ${quoteIdentifier(group)} to ${name}`),
      ],
      checks: [
        { object: `role ${migrator}`, sql: roleIsPlain(migrator) },
        ...groups.map((group) => ({ object: `membership of ${migrator} in ${group}`, sql: isMember(migrator, group) })),
      ],
      inverse: [
        {
          ...instant,
          id: `undo/role-${migrator}`,
          stage: 'enforcement',
          summary: `drop the role ${migrator}`,
          statements: [`drop role if exists ${name}`],
          checks: [{ object: `role ${migrator}`, sql: not(roleExists(migrator)) }],
        },
      ],
    },
  ]
}

/** Members of our own roles have a tenant or see every row, and would be refused instead; the login of the tool aside. */
function actingLogins({ catalog, settings }: PlanContext): readonly string[] {
  const ours = Object.values(settings.roles)
  return catalog.actors
    .filter(({ login, rightsOf }) => login === settings.login || !rightsOf.some((role) => ours.includes(role)))
    .map(({ login }) => login)
}

/** The owners whom FORCE binds. A superuser is bound by nothing, and membership in one would make the migrator one. */
function boundOwners(context: PlanContext): readonly string[] {
  return [...new Set(context.tenantTables.map((table) => table.owner))].filter(
    (owner) => !context.catalog.superusers.includes(owner),
  )
}
