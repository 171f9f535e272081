import type { Catalog, ColumnGrant, ForeignKey, Grant, Index, Table } from '../catalog/catalog.ts'
import { belongsToOrganizations, type Classification, type TableClass } from '../classify/classify-tables.ts'
import { byName, pathOf, type Reference, type SchemaGraph } from '../catalog/schema-graph.ts'
import type { Derivation } from '../derive/derivation.ts'
import type { Organizations } from '../derive/organization-expression.ts'
import { quoteIdentifier, quoteLiteral, sameName, type QualifiedName } from '../sql/identifier.ts'
import type { ObjectNames } from './object-names.ts'
import { isPartitioned, partitionTree, type ChildTables, type PartitionTree } from '../catalog/partition-tree.ts'
import type { Hazard, Plan, PlanSettings } from './plan.ts'

/** What the planners of the single steps share. */
export interface PlanContext {
  /** Partitions without what the tables above them made. */
  readonly catalog: Catalog
  readonly graph: SchemaGraph
  /** The tables below each table, whole. */
  readonly children: ChildTables
  readonly settings: PlanSettings
  readonly classifications: readonly Classification[]
  /** What each table becomes, by its path. */
  readonly classes: ReadonlyMap<string, TableClass>
  /** The host's own table of organizations. */
  readonly root: Table | undefined
  /** With a root: where each tenant table gets its organization from, by its path, in the order of the backfill. */
  readonly derivations: ReadonlyMap<string, Derivation>
  /** The tenant tables, the root aside, parents before children. */
  readonly tenantTables: readonly Table[]
  readonly userTable: Table | undefined
  /** The roles that use the database today, PUBLIC, superusers and our own aside; in order. */
  readonly usingRoles: readonly string[]
  readonly sharedTables: readonly Table[]
  /** The plan that the database follows already; undefined when a conversion is planned for the first time. */
  readonly frozen: Plan | undefined
  /** The tables that the frozen plan has. */
  readonly converted: readonly Table[]
  readonly names: ObjectNames
  readonly hazards: Hazard[]
}

/** An index has room for as many columns, those of INCLUDE counted, and so has a foreign key. */
const MAX_KEY_COLUMNS = 32

/** Whether a key of so many columns can take the tenant as one more. */
export function fitsTenant(columns: number): boolean {
  return columns < MAX_KEY_COLUMNS
}

/** Whether two keys are over the same columns: a foreign key may name them in another order than the key below it. */
export function sameColumns(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((column) => other.includes(column))
}

/** An object with what roles hold on it. */
export interface Granted {
  readonly grants: readonly Grant[]
  readonly columnGrants: readonly ColumnGrant[]
}

/** What the table of that name becomes; undefined when it is outside of the schemas that are converted. */
export function classOf(context: PlanContext, name: QualifiedName): TableClass | undefined {
  return context.classes.get(pathOf(name))
}

/** The column that holds the organization of a row: of the root, its id. */
export function tenantColumnOf(settings: PlanSettings, table: QualifiedName): string {
  return settings.root !== null && sameName(settings.root, table) ? settings.root.id : settings.tenantColumn
}

/** Where the table gets its organization from; undefined without an adopted root. */
export function derivationIn(context: PlanContext, table: QualifiedName): Derivation | undefined {
  // A partition takes its own from where the table above it does.
  const [above] = context.graph.table(table)?.parents ?? []
  return context.derivations.get(pathOf(table)) ?? (above && derivationIn(context, above))
}

/** Whether the tenant column is the host's own. */
export function hasOwnTenantColumn(context: PlanContext, table: QualifiedName): boolean {
  return derivationIn(context, table)?.source === 'column'
}

/** Whether the key of an index holds the tenant already: from the host, or from the conversion that goes on. */
export function indexHoldsTenant(context: PlanContext, table: Table, index: Index): boolean {
  return mayHoldTenant(context, table) && holdsColumn(index, context.settings.tenantColumn)
}

function mayHoldTenant(context: PlanContext, table: Table): boolean {
  return context.frozen !== undefined || hasOwnTenantColumn(context, table)
}

/** Whether an index has the column in its key. */
export function holdsColumn(index: Index, tenantColumn: string): boolean {
  return index.columns?.includes(tenantColumn) ?? index.expressions.some((one) => unquoted(one) === tenantColumn)
}

/** Whether an index starts with the tenant already. */
export function indexStartsWithTenant(context: PlanContext, table: Table, index: Index): boolean {
  return mayHoldTenant(context, table) && unquoted(index.expressions[0] ?? '') === context.settings.tenantColumn
}

function unquoted(expression: string): string {
  return expression.replace(/^"(.*)"$/, '$1').replaceAll('""', '"')
}

/** What expressions about organizations are written with; undefined without an adopted root. */
export function organizationsOf({ settings, derivations }: PlanContext): Organizations | undefined {
  const { root, keyType, tenantColumn, defaultOrganization } = settings
  return root === null
    ? undefined
    : { root, keyType, tenantColumn, derivations, defaultId: defaultOrganization?.id ?? null }
}

/**
 * The foreign keys of a tenant table that point at tenant tables: the ones that must carry the tenant. Not those that
 * carry it already, and not those at the root, whose rows are the tenants.
 */
export function tenantForeignKeys(context: PlanContext, table: Table): readonly ForeignKey[] {
  return table.foreignKeys.filter(
    (key) =>
      classOf(context, key.references) === 'tenant' && canCarryTenant(key) && !carriesTenant(context, table, key),
  )
}

/** Whether a foreign key ties rows to rows of their organization already. */
export function carriesTenant({ settings }: PlanContext, table: Table, key: ForeignKey): boolean {
  const own = tenantColumnOf(settings, table)
  return key.columns.some((column, at) => column === own && key.referencedColumns[at] === settings.tenantColumn)
}

/** PERIOD compares ranges, and NOT ENFORCED compares nothing: such keys stay as they are. */
export function canCarryTenant(key: ForeignKey): boolean {
  return !key.temporal && key.enforced && fitsTenant(key.columns.length)
}

/** Whether the foreign key of `child` goes on to need the key that it references, instead of that key's counterpart. */
export function standsOnOldKey(context: PlanContext, child: Table, key: ForeignKey): boolean {
  return !belongsToOrganizations(classOf(context, child)) || !tenantForeignKeys(context, child).includes(key)
}

/** Foreign keys of any table at this one, with the tables that hold them, of schemas that are not converted as well. */
export function referencesTo(context: PlanContext, table: Table): readonly Reference[] {
  return context.graph.referencesTo(table)
}

/** The tables ordered so that a table comes after those that it references; cycles are cut where they are met. */
export function parentsFirst(tables: readonly Table[]): readonly Table[] {
  const ordered: Table[] = []
  const seen = new Set<Table>()
  const known = byName(tables)
  const visit = (table: Table): void => {
    if (seen.has(table)) return
    seen.add(table)
    for (const key of table.foreignKeys) {
      const parent = known.get(pathOf(key.references))
      if (parent !== undefined) visit(parent)
    }
    ordered.push(table)
  }
  tables.forEach(visit)
  return ordered
}

/** The partitions of a table, at whatever depth; undefined when it is not partitioned. */
export function treeOf(context: PlanContext, table: Table): PartitionTree | undefined {
  return isPartitioned(table) ? partitionTree(context.children, table) : undefined
}

/** The composite key that references to `columns` of the table will stand on. */
export function tenantKeyName(context: PlanContext, table: Table, columns: readonly string[]): string {
  return context.names.index(table, table.name, ...columns, 'tenant_key')
}

/** The name of the tenant's counterpart of an index, and of the constraint on it. */
export function tenantIndexName(context: PlanContext, table: Table, name: string): string {
  return context.names.index(table, name, 'tenant')
}

/** The name of the tenant's counterpart of a foreign key. */
export function compositeKeyName(context: PlanContext, table: Table, key: ForeignKey): string {
  return context.names.constraint(table, key.name, 'tenant')
}

/** Call of the strict accessor, as the policies write it. */
export function requireTenant(settings: PlanSettings): string {
  const call = `${quoteIdentifier(settings.controlSchema)}.require_tenant_id()`
  // Citus takes no subquery in a policy.
  return isCitus(settings) ? call : `(select ${call})`
}

/** Whether the rows are to be spread over a Citus cluster. */
export function isCitus({ engine }: PlanSettings): boolean {
  return engine === 'citus'
}

/** What a policy compares, as the server prints it back; casts aside, which depend on the type of the tenant. */
export function printedIsolation(settings: PlanSettings, table: QualifiedName): string {
  const column = tenantColumnOf(settings, table)
  if (isCitus(settings)) return `(${column} = ${settings.controlSchema}.require_tenant_id())`
  return `(${column} = ( SELECT ${settings.controlSchema}.require_tenant_id() AS require_tenant_id))`
}

export function currentTenant(settings: PlanSettings): string {
  return `${quoteIdentifier(settings.controlSchema)}.current_tenant_id()`
}

/** The default of the tenant column while old code without a tenant still runs, where all of its rows have one owner. */
export function transitionalDefault(settings: PlanSettings): string {
  return `coalesce(${currentTenant(settings)}, ${homeOf(settings)})`
}

/** The same as the server prints it, casts aside. */
export function printedTransitionalDefault(settings: PlanSettings): string {
  return `COALESCE(${settings.controlSchema}.current_tenant_id(), ${homeOf(settings)})`
}

function homeOf({ defaultOrganization, keyType }: PlanSettings): string {
  return `${quoteLiteral(defaultOrganization?.id ?? '')}::${keyType}`
}

/** Roles of the host that hold privileges on the object, or on a column of it. */
export function legacyRoles(context: PlanContext, { grants, columnGrants }: Granted): readonly string[] {
  const ours = new Set<string>(Object.values(context.settings.roles))
  const roles = new Set([...grants, ...columnGrants].map((grant) => grant.role))
  return [...roles].filter((role) => !ours.has(role))
}

/**
 * The roles that an ENABLE would leave without rows, and that read on until contract. None when the table has row-level
 * security already: there its own policies say who sees what, and one that lets everybody at everything would undo them.
 */
export function walledOutRoles(context: PlanContext, table: Table): readonly string[] {
  if (table.rowSecurity) return []
  return [...legacyRoles(context, table), ...context.catalog.dataRoles.map(({ role }) => role)]
}

/** Whether the database makes the values of the column: nobody can ask it about another organization's. */
export function isGenerated(table: Table, column: string): boolean {
  const found = table.columns.find((one) => one.name === column)
  if (found === undefined) return false
  if (found.identity !== '') return true
  return /^(nextval\(|(\w+\.)?(gen_random_uuid|uuid_generate_v\w+|uuidv[47])\()/.test(found.default ?? '')
}

/** Before PostgreSQL 15 a composite key cannot null only the reference and leave the tenant: there a trigger does. */
export function triggersDelete(context: PlanContext, key: ForeignKey): boolean {
  return context.catalog.serverVersion < 150000 && (key.onDelete === 'set null' || key.onDelete === 'set default')
}
