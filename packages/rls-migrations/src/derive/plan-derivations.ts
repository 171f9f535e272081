import { TenancyError } from '@partywall/tenancy-core'
import type { Catalog, Table } from '../catalog/catalog.ts'
import { findTable } from '../catalog/find-table.ts'
import type { OrganizationFrom } from '../config/conversion-config.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { displayName, sameName, type QualifiedName } from '../sql/identifier.ts'
import type { FoundRoot } from './adopted-root.ts'
import type { Derivation, Edge } from './derivation.ts'
import { findEdges, namedEdge } from './find-edges.ts'
import { hostTenantColumn } from './host-tenant-column.ts'

export interface DerivationInput {
  readonly catalog: Catalog
  readonly config: ResolvedConfig
  readonly root: FoundRoot
  /** The isolated tables, the root aside. */
  readonly tables: readonly Table[]
  /** Of a frozen plan: how far its tables have come with their column says nothing about the way. */
  readonly frozen?: readonly Derivation[] | undefined
}

/** How far a table is from the root: what may be null on the way weighs more than the length of the way. */
interface Distance {
  readonly nullable: number
  readonly steps: number
}

interface Candidate {
  readonly table: Table
  readonly edges: readonly Edge[]
  readonly said: OrganizationFrom | undefined
}

/**
 * Finds for every isolated table the way to its organization, in an order in which a table comes after those that it
 * takes its organization from. Cycles and references of a table to itself lead nowhere by themselves; they are compared.
 *
 * @throws TenancyError `ORGANIZATION_UNREACHABLE` with the tables that no way leads from; `CONFIGURATION_INVALID` or
 * `TABLE_UNKNOWN` when `organizationFrom` names what is not there; `TENANT_COLUMN_TAKEN` when a table has a column of the
 * tenant column's name that cannot serve as one.
 */
export function planDerivations(input: DerivationInput): readonly Derivation[] {
  const search = new Search(input)
  const found = search.run()
  if (search.left.length > 0) throw unreachable(search.left, displayName(input.root.table))
  return found
}

/** The isolated tables that no way leads from. For proposals: that there are some is no error. */
export function unreachableTables(input: DerivationInput): readonly Table[] {
  const search = new Search(input)
  search.run()
  return search.left
}

class Search {
  readonly #input: DerivationInput
  readonly #distances = new Map<string, Distance>()
  readonly #open: Set<Candidate>

  constructor(input: DerivationInput) {
    this.#input = input
    const { root, tables, catalog, config } = input
    const belongs = (name: QualifiedName): boolean =>
      sameName(name, root.table) || tables.some((table) => sameName(table, name))
    const sources = { root: root.root, columns: config.root?.columns ?? [], belongs }
    const said = new Map(
      Object.entries(config.organizationFrom).map(([name, from]) => [findTable(catalog, name), from] as const),
    )
    for (const table of said.keys()) if (!tables.includes(table)) throw notIsolated(table)
    this.#open = new Set(tables.map((table) => ({ table, edges: findEdges(table, sources), said: said.get(table) })))
    this.#distances.set(keyOf(root.table), { nullable: 0, steps: 0 })
  }

  /** The tables without a way, once the search has run. */
  get left(): readonly Table[] {
    return [...this.#open].map((candidate) => candidate.table)
  }

  /** Nearest first, so that whatever a table takes its organization from is settled before it. */
  run(): readonly Derivation[] {
    const derivations: Derivation[] = []
    for (;;) {
      const within = [...this.#open].map((candidate) => this.#settle(candidate)).filter((one) => one !== undefined)
      const nearest = within.reduce<Settled | undefined>(
        (best, one) => (best === undefined || isNearer(one.distance, best.distance) ? one : best),
        undefined,
      )
      if (nearest === undefined) return derivations
      // No table leads through another one that is as near.
      const settled = within.filter((one) => !isNearer(nearest.distance, one.distance))
      derivations.push(...settled.map((one) => this.#withPath(one, derivations)))
      for (const { candidate, distance } of settled) {
        this.#open.delete(candidate)
        this.#distances.set(keyOf(candidate.table), distance)
      }
    }
  }

  #settle(candidate: Candidate): Settled | undefined {
    const { table, edges, said } = candidate
    const { config, root, frozen } = this.#input
    const before = frozen?.find((one) => sameName(one.table, table))
    if (before !== undefined) return { candidate, distance: { nullable: 0, steps: 1 }, derivation: before }
    const settled = (part: Omit<Derivation, 'table' | 'path'>, distance: Distance): Settled => ({
      candidate,
      distance,
      derivation: { table: { schema: table.schema, name: table.name }, path: '', ...part },
    })
    if (said === 'default-organization')
      return settled({ source: 'default', edges: [], compared: [] }, { nullable: 0, steps: 1 })
    const own = hostTenantColumn(table, { column: config.tenantColumn, keyType: root.keyType })
    if (own !== undefined) {
      const edge = namedEdge(table, { column: own }, edges)
      return settled({ source: 'column', edges: [edge], compared: without(edges, [edge]) }, { nullable: 0, steps: 1 })
    }
    if (said !== undefined) {
      const edge = namedEdge(table, said, edges)
      const distance = this.#distanceOf(edge)
      // Another column that names an organization, as in a transfer from one to another, says nothing of whose the row is.
      const others = without(edges, [edge]).filter((one) => one.parent !== null)
      return distance && settled({ source: 'derived', edges: [edge], compared: others }, distance)
    }
    return this.#nearest(edges, settled)
  }

  /** The shortest way; when it may end nowhere, the next ones stand in for it. */
  #nearest(
    edges: readonly Edge[],
    settled: (part: Omit<Derivation, 'table' | 'path'>, distance: Distance) => Settled,
  ): Settled | undefined {
    const ways = edges
      .map((edge) => ({ edge, distance: this.#distanceOf(edge) }))
      .filter((way): way is { edge: Edge; distance: Distance } => way.distance !== undefined)
      .toSorted((a, b) => a.distance.nullable - b.distance.nullable || a.distance.steps - b.distance.steps)
    const [first] = ways
    if (first === undefined) return undefined
    const used = first.distance.nullable === 0 ? [first.edge] : ways.map((way) => way.edge)
    return settled({ source: 'derived', edges: used, compared: without(edges, used) }, first.distance)
  }

  #distanceOf(edge: Edge): Distance | undefined {
    const parent = edge.parent === null ? { nullable: 0, steps: 0 } : this.#distances.get(keyOf(edge.parent.table))
    return parent && { nullable: parent.nullable + (edge.nullable ? 1 : 0), steps: parent.steps + 1 }
  }

  #withPath({ derivation }: Settled, before: readonly Derivation[]): Derivation {
    const own = (edge: Edge): string => `${displayName(derivation.table)}.${edge.columns.join('+')}`
    if (derivation.source === 'default') return { ...derivation, path: 'the default organization' }
    const paths = derivation.edges.map((edge) => {
      const parent = before.find((one) => edge.parent !== null && sameName(one.table, edge.parent.table))
      return parent === undefined ? own(edge) : `${own(edge)} > ${parent.path}`
    })
    return { ...derivation, path: paths.join(', else ') }
  }
}

interface Settled {
  readonly candidate: Candidate
  readonly derivation: Derivation
  readonly distance: Distance
}

function isNearer(one: Distance, other: Distance): boolean {
  return one.nullable < other.nullable || (one.nullable === other.nullable && one.steps < other.steps)
}

function without(edges: readonly Edge[], used: readonly Edge[]): readonly Edge[] {
  return edges.filter((edge) => !used.includes(edge))
}

function keyOf({ schema, name }: QualifiedName): string {
  return `${schema}\0${name}`
}

function unreachable(tables: readonly Table[], root: string): TenancyError {
  const names = tables.map(displayName)
  return new TenancyError(
    'ORGANIZATION_UNREACHABLE',
    `No foreign key leads from these tables to ${root}, so nothing says whose their rows are: ${names.join(', ')}. ` +
      'For each, put it under tables.shared when every organization may read it, under tables.skipped when none may, or ' +
      'name a column or the default organization under organizationFrom.',
    { details: { tables: names } },
  )
}

function notIsolated(table: Table): TenancyError {
  return new TenancyError(
    'CONFIGURATION_INVALID',
    `organizationFrom: the rows of ${displayName(table)} belong to no organization (it is the root, or user-level, shared or skipped).`,
    { details: { table: displayName(table) } },
  )
}
