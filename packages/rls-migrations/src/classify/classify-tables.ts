import { TenancyError } from '@partywall/tenancy-core'
import type { Catalog, Table } from '../catalog/catalog.ts'
import { childTables, descendants, hasParents, rootsOf, type ChildTables } from '../catalog/partition-tree.ts'
import { SAID } from '../config/ignored-changes.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { SchemaGraph } from '../catalog/schema-graph.ts'
import { findTable } from '../catalog/find-table.ts'
import { findRoot } from '../derive/adopted-root.ts'
import { displayName, sameName } from '../sql/identifier.ts'
import { toolOf } from './bookkeeping.ts'
import { findUsersTable } from './find-users-table.ts'

/** What a table becomes. `root` is the host's own table of organizations. */
export type TableClass = 'tenant' | 'root' | 'user' | 'shared' | 'skipped'

export interface Classification {
  readonly table: Table
  readonly class: TableClass
  /** Why, in words for the report. */
  readonly reason: string
  /** Of a kind that cannot be converted, and not left out by anybody's word. */
  readonly unsupported?: boolean
  /** A lookup table by its looks: isolated all the same, but the host may want to share it. */
  readonly maybeShared?: boolean
}

/**
 * Decides what each table becomes. What the configuration names is taken as said; what tools keep for themselves is
 * skipped; the people's table is user-level; all the rest is tenant data. In doubt a table is isolated: a table that is
 * isolated by mistake shows too little, one that is shared by mistake shows one organization's rows to another.
 *
 * @throws TenancyError `TABLE_UNKNOWN` when the configuration names a table that does not exist, or names one twice;
 * `CLASSIFICATION_CONFLICT` when a shared table references tenant data; what {@link findRoot} throws.
 */
export function classifyTables(catalog: Catalog, config: ResolvedConfig): readonly Classification[] {
  const said = saidByConfig(catalog, config)
  const users = findUsersTable(catalog, config)
  const root = findRoot(catalog, config)?.table
  if (root !== undefined && said.has(root)) throw rootIsNamed(root)
  const known: Known = { said, users, root, graph: new SchemaGraph(catalog), children: childTables(catalog) }
  const result = catalog.tables.map((table) => classify(table, known))
  refuseSharedReferences(result)
  return result
}

interface Known {
  readonly said: ReadonlyMap<Table, TableClass>
  readonly users: Table | undefined
  readonly root: Table | undefined
  readonly graph: SchemaGraph
  readonly children: ChildTables
}

function classify(table: Table, known: Known): Classification {
  return hasParents(table) ? classifyMember(table, known) : classifyWhole(table, known)
}

/** A table below another one has its columns, and shows its rows there: it becomes what that one becomes. */
function classifyMember(table: Table, known: Known): Classification {
  const below = table.kind === 'inherited' ? 'inherits from' : 'a partition of'
  const outside = table.parents.find((name) => known.graph.table(name) === undefined)
  if (outside !== undefined)
    return {
      table,
      class: 'skipped',
      reason: `${below} ${displayName(outside)}, in a schema that is not converted`,
      unsupported: true,
    }
  const roots = rootsOf(known.graph, table).map((root) => classifyWhole(root, known))
  const [first] = roots as [Classification, ...Classification[]]
  const other = roots.find((root) => root.class !== first.class)
  const said = known.said.get(table) ?? first.class
  if (other !== undefined || said !== first.class) throw apart(table, first, other?.class ?? said)
  const reason = `${below} ${table.parents.map(displayName).join(', ')}`
  return { table, class: first.class, reason, ...(first.unsupported === true ? { unsupported: true } : {}) }
}

function apart(table: Table, root: Classification, tableClass: TableClass): TenancyError {
  const [name, above] = [displayName(table), displayName(root.table)]
  return new TenancyError(
    'CLASSIFICATION_CONFLICT',
    `The table ${name} is below ${above}, which is ${root.class}, and cannot be ${tableClass} apart from it: its rows show there. Put ${above} into the configuration instead.`,
    { details: { table: name, root: above } },
  )
}

function classifyWhole(table: Table, { said, users, root, graph, children }: Known): Classification {
  if (table === root) return { table, class: 'root', reason: 'the root: each of its rows is an organization' }
  const named = said.get(table)
  if (named !== undefined) return { table, class: named, reason: SAID }
  if (table.extension !== null)
    return { table, class: 'skipped', reason: `belongs to the extension ${table.extension}` }
  const tool = toolOf(table)
  if (tool !== undefined) return { table, class: 'skipped', reason: `${tool.keeps} of ${tool.name}` }
  const odd = [table, ...descendants(children, table)].find(
    (one) => one.kind === 'foreign' || one.kind === 'typed' || (one.kind === 'inherited' && root !== undefined),
  )
  if (odd !== undefined)
    return {
      table,
      class: 'skipped',
      reason: `${odd === table ? '' : `over ${displayName(odd)}, `}${unsupportedKinds[odd.kind as keyof typeof unsupportedKinds]}: not converted, out of reach of the application`,
      unsupported: true,
    }
  if (table === users)
    return { table, class: 'user', reason: 'the people of the service: one person may be in many organizations' }
  const maybeShared = looksLikeLookup(table, graph)
  return { table, class: 'tenant', reason: tenantReason(table, graph), ...(maybeShared ? { maybeShared } : {}) }
}

const unsupportedKinds = {
  foreign: 'a foreign table, for which PostgreSQL has no row-level security',
  typed: 'made of a type, whose columns are all that it can have',
  inherited: 'part of an inheritance tree, to which no trigger can pass an organization on',
} as const

function tenantReason(table: Table, graph: SchemaGraph): string {
  const parents = unique(
    table.foreignKeys.filter((key) => !sameName(key.references, table)).map((key) => displayName(key.references)),
  )
  if (parents.length > 0) return `references ${parents.join(', ')}`
  const children = referencing(table, graph)
  if (children.length > 0) return `referenced by ${children.map(displayName).join(', ')}`
  return 'stands alone: isolated, to be safe'
}

/** Referenced or alone, references nothing, few columns, no time stamps: a list of values, by its looks. */
function looksLikeLookup(table: Table, graph: SchemaGraph): boolean {
  if (table.foreignKeys.length > 0 || table.columns.length > 4 || table.kind !== 'table') return false
  if (table.columns.some((column) => /timestamp|date/.test(column.type))) return false
  return referencing(table, graph).length > 0 || table.estimatedRows < 1000
}

function referencing(table: Table, graph: SchemaGraph): readonly Table[] {
  const tables = graph.referencesTo(table).map((reference) => reference.table)
  return [...new Set(tables)].filter((other) => other !== table)
}

function saidByConfig(catalog: Catalog, config: ResolvedConfig): Map<Table, TableClass> {
  const said = new Map<Table, TableClass>()
  for (const tableClass of ['tenant', 'shared', 'skipped'] as const) {
    for (const name of config.tables[tableClass]) {
      const table = findTable(catalog, name)
      if (said.has(table))
        throw new TenancyError('TABLE_UNKNOWN', `The configuration names the table ${name} twice under "tables".`, {
          details: { table: name },
        })
      said.set(table, tableClass)
    }
  }
  return said
}

function refuseSharedReferences(classifications: readonly Classification[]): void {
  for (const shared of classifications.filter((one) => one.class === 'shared')) {
    const tenant = classifications.find(
      (one) =>
        belongsToOrganizations(one.class) &&
        shared.table.foreignKeys.some((key) => sameName(key.references, one.table)),
    )
    if (tenant === undefined) continue
    throw new TenancyError(
      'CLASSIFICATION_CONFLICT',
      `The shared table ${displayName(shared.table)} references the tenant table ${displayName(tenant.table)}: its rows belong to organizations. ` +
        `Share ${displayName(tenant.table)} as well, or take ${displayName(shared.table)} out of "tables.shared".`,
      { details: { shared: displayName(shared.table), tenant: displayName(tenant.table) } },
    )
  }
}

/** Whether each row of a table of that class belongs to one organization. */
export function belongsToOrganizations(tableClass: TableClass | undefined): boolean {
  return tableClass === 'tenant' || tableClass === 'root'
}

function rootIsNamed(root: Table): TenancyError {
  return new TenancyError(
    'CLASSIFICATION_CONFLICT',
    `The table ${displayName(root)} is the root: take it out of "tables" in the configuration.`,
    { details: { table: displayName(root) } },
  )
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
