import { pathOf } from '../catalog/schema-graph.ts'
import { quoteIdentifier, quoteLiteral, quoteName, sameName } from '../sql/identifier.ts'
import type { AdoptedRoot } from './adopted-root.ts'
import type { Derivation, Edge } from './derivation.ts'
import { joinCondition } from './join-condition.ts'

/** What an expression about organizations is written with. */
export interface Organizations {
  readonly root: AdoptedRoot
  readonly keyType: string
  readonly tenantColumn: string
  /** The id of the default organization; null when nothing may fall to it. */
  readonly defaultId: string | null
  /** By the path of the table. */
  readonly derivations: ReadonlyMap<string, Derivation>
}

/**
 * How far an expression reads. `host`: columns of the host alone, however far that is. `tenant`: the tenant column of the
 * parent. `locked`: the same, and the parent cannot go to another organization before the transaction ends; it is the lock
 * that the foreign key takes a moment later anyway.
 */
export interface Reading {
  readonly organizations: Organizations
  readonly from: 'host' | 'tenant' | 'locked'
}

/** The organization of the row `alias` by one way, as SQL; NULL when the way ends. */
export function organizationBy(edge: Edge, alias: string, { organizations, from }: Reading): string {
  const { root, keyType, tenantColumn, derivations } = organizations
  const column = `${alias}.${quoteIdentifier(edge.columns[0] as string)}`
  if (edge.parent === null) {
    if (edge.constraint !== null) return `${column}::${keyType}`
    return `(select r.${quoteIdentifier(root.id)} from ${quoteName(root)} r where r.${quoteIdentifier(root.id)} = ${column}::${keyType})`
  }
  const { table, columns, comparisons } = edge.parent
  const parent = nextAlias(alias)
  const join = joinCondition({ columns: edge.columns, referencedColumns: columns, comparisons }, alias, parent)
  const lock = from === 'locked' ? ' for key share' : ''
  const select = (value: string): string => `(select ${value} from ${quoteName(table)} ${parent} where ${join}${lock})`
  if (sameName(table, root)) return select(`${parent}.${quoteIdentifier(root.id)}`)
  const derivation = derivations.get(pathOf(table))
  if (from !== 'host' || derivation === undefined) return select(`${parent}.${quoteIdentifier(tenantColumn)}`)
  return select(organizationOf(derivation, parent, { organizations, from }))
}

/** The organization of the row `alias` by the first of its ways that leads somewhere; NULL when none does. */
export function organizationOf(derivation: Derivation, alias: string, reading: Reading): string {
  const { keyType, defaultId, tenantColumn } = reading.organizations
  if (derivation.source === 'column') return `${alias}.${quoteIdentifier(tenantColumn)}`
  if (derivation.source === 'default') return `${quoteLiteral(defaultId ?? '')}::${keyType}`
  const ways = derivation.edges.map((edge) => organizationBy(edge, alias, reading))
  return ways.length === 1 ? (ways[0] as string) : `coalesce(${ways.join(', ')})`
}

/** What the organization of a row is to be: nothing falls to the default organization but what reaches no other. */
export function organizationOrDefault(derivation: Derivation, alias: string, reading: Reading): string {
  const derived = organizationOf(derivation, alias, reading)
  const { defaultId, keyType } = reading.organizations
  return defaultId === null ? derived : `coalesce(${derived}, ${quoteLiteral(defaultId)}::${keyType})`
}

/** Whether every row is sure to reach an organization. */
export function isComplete(derivation: Derivation, organizations: Organizations): boolean {
  if (derivation.source === 'default') return true
  if (derivation.source === 'column') return derivation.edges.every((edge) => edge.constraint !== null)
  return derivation.edges.some((edge) => {
    const parent = edge.parent === null ? undefined : organizations.derivations.get(pathOf(edge.parent.table))
    return !edge.nullable && (parent === undefined || isComplete(parent, organizations))
  })
}

/** Aliases of nested queries are numbered; the outermost may be the row of a trigger. */
function nextAlias(alias: string): string {
  const depth = /^t(\d+)$/.exec(alias)?.[1]
  return depth === undefined ? 't1' : `t${Number(depth) + 1}`
}
