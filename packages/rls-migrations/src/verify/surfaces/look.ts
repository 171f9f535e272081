import { quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import type { Outcome } from '../probe.ts'
import type { RelationSurface } from './surface.ts'

/** Rows of a surface that are looked at: where the wall is broken, there may be very many. */
const MOST_ROWS = 1000

/** One way to look at a surface, as A. */
export interface Look {
  /** As reports name it: `view open_tasks`, `function project_of(text)`. */
  readonly surface: string
  /** The SQL of a FROM item with one alias to come, and of the row's text over that alias. */
  readonly from: string
  readonly text: string
  readonly isRelation: boolean
}

export function lookAtRelation(surface: string, relation: RelationSurface): Look {
  const columns = relation.columns.map((column) => `one.${quoteIdentifier(column)}`)
  return { surface, from: quoteName(relation), text: `row(${columns.join(', ')})::pg_catalog.text`, isRelation: true }
}

export function lookThroughCall(surface: string, call: string): Look {
  return { surface, from: call, text: 'one::pg_catalog.text', isRelation: false }
}

/**
 * The prints of several looks in one row, each how much there is and what it hashes to, whatever the order; and the
 * context that is left behind. An error of one is an error of all.
 */
export function lookStatement(looks: readonly Look[], setting: string): string {
  // The prints are made before the context is read: an aggregate is never merged into the query around it.
  const prints = looks.map((look) => `select (${printOf(look)}) as print`).join(' union all ')
  return `select prints, pg_catalog.current_setting(${quoteLiteral(setting)}, true) as context from (select pg_catalog.array_agg(print) as prints from (${prints}) as looked) as printed`
}

function printOf(look: Look): string {
  const row = `select pg_catalog.md5(coalesce(${look.text}, '')) as hash from ${look.from} as one limit ${MOST_ROWS}`
  return `select pg_catalog.concat(pg_catalog.count(*), ' ', pg_catalog.md5(pg_catalog.string_agg(hash, '' order by hash))) as print from (${row}) as seen`
}

/** What A saw, as something that can be compared: rows by their hash, an error by its class. */
export function fingerprintsOf(outcome: Outcome): readonly string[] {
  if (outcome.kind === 'rows') return outcome.rows[0]?.['prints'] as readonly string[]
  return [`${outcome.sqlState} ${outcome.constraint ?? ''}`]
}
