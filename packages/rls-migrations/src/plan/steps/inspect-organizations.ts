import type { Table } from '../../catalog/catalog.ts'
import { primaryKeyOf } from '../primary-key.ts'
import type { Derivation, Edge } from '../../derive/derivation.ts'
import { isComplete, organizationBy, type Organizations } from '../../derive/organization-expression.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { organizationsOf, type PlanContext } from '../plan-context.ts'
import type { Inspection, Step } from '../step.ts'

/**
 * Looks for rows whose ways lead to different organizations, and for rows that reach none. Once before anything is
 * changed, and once more before the backfill, since the service goes on meanwhile.
 */
export function planInspection(context: PlanContext, when: 'before' | 'again'): readonly Step[] {
  const inspections = [...context.derivations.values()].flatMap((derivation) => inspectionOf(context, derivation) ?? [])
  if (inspections.length === 0) return []
  return [
    {
      id: `expand/organizations-agree${when === 'again' ? '-again' : ''}`,
      phase: 'expand',
      kind: 'inspection',
      table: null,
      summary: 'look for rows that belong to two organizations, or to none',
      mode: 'inspection',
      statements: inspections.map((inspection) => inspection.count),
      inspections,
      lock: 'ACCESS SHARE',
      scans: true,
      rewrites: false,
      // Nothing in the catalog tells that it ran: the journal does.
      checks: [],
      inverse: [],
    },
  ]
}

/** Undefined when the foreign keys leave nothing to find: one way, and never null. */
function inspectionOf(context: PlanContext, derivation: Derivation): Inspection | undefined {
  const { edges, compared } = derivation
  const organizations = organizationsOf(context) as Organizations
  const complete = isComplete(derivation, organizations)
  if (complete && compared.length === 0) return undefined
  const table = context.graph.table(derivation.table) as Table
  const ways = (list: readonly Edge[]): string[] =>
    list.map((edge) => organizationBy(edge, 't0', { organizations, from: 'host' }))
  const all = [...ways(edges), ...ways(compared)]
  const used = edges.map((_edge, at) => `c${at}`)
  const names = all.map((_way, at) => `c${at}`)
  const rows = (key: string): string =>
    `(select ${all.map((way, at) => `${way} as c${at}`).join(', ')}${key} from only ${quoteName(table)} t0) found`
  // GREATEST and LEAST pass over NULL: a way that ends contradicts nobody.
  const conflict = names.length < 2 ? 'false' : `greatest(${names.join(', ')}) <> least(${names.join(', ')})`
  const orphan = complete || organizations.defaultId !== null ? 'false' : `coalesce(${used.join(', ')}) is null`
  const key = `, ${keyText(table)} as key`
  return {
    table: displayName(table),
    count: `select count(*) filter (where ${conflict})::float8 as conflicts, count(*) filter (where ${orphan})::float8 as orphans from ${rows('')}`,
    conflicting: `select format('%s (%s)', key, concat_ws(' or ', ${names.join(', ')})) as key from ${rows(key)} where ${conflict} limit 5`,
    orphaned: `select key from ${rows(key)} where ${orphan} limit 5`,
  }
}

function keyText(table: Table): string {
  const columns = primaryKeyOf(table)?.key.columns ?? []
  const parts = columns.length === 0 ? ['t0.ctid'] : columns.map((column) => `t0.${quoteIdentifier(column)}`)
  return `concat_ws(', ', ${parts.join(', ')})`
}
