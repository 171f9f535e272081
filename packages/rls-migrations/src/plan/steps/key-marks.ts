import type { Index, Key, Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import type { Check } from '../step.ts'

export interface KeyMarks {
  readonly statements: readonly string[]
  readonly checks: readonly Check[]
}

/** What hangs on an index, and on the constraint above it, beside their definitions, and goes with them: comments, the mark of CLUSTER, statistics targets. */
export function keyMarks(table: Table, index: Index, constraint?: Key): KeyMarks {
  const name = displayName(table)
  const qualified = quoteName({ schema: table.schema, name: index.name })
  const oid = `to_regclass(${quoteLiteral(qualified)})`
  const marks: { object: string; statement: string; sql: string }[] = []
  if (constraint !== undefined && constraint.comment !== null) {
    marks.push({
      object: `comment on constraint ${constraint.name} on ${name}`,
      statement: commentOnConstraint(table, constraint.name, constraint.comment),
      sql: `exists (select from pg_constraint k where k.conrelid = to_regclass(${quoteLiteral(quoteName(table))}) and k.conname = ${quoteLiteral(constraint.name)} and obj_description(k.oid, 'pg_constraint') = ${quoteLiteral(constraint.comment)})`,
    })
  }
  if (index.comment !== null) {
    marks.push({
      object: `comment on index ${index.name} on ${name}`,
      statement: `comment on index ${qualified} is ${quoteLiteral(index.comment)}`,
      sql: `obj_description(${oid}, 'pg_class') = ${quoteLiteral(index.comment)}`,
    })
  }
  if (index.clustered) {
    marks.push({
      object: `CLUSTER of ${name} on ${index.name}`,
      statement: `alter table ${quoteName(table)} cluster on ${quoteIdentifier(index.name)}`,
      sql: `exists (select from pg_index x where x.indexrelid = ${oid} and x.indisclustered)`,
    })
  }
  for (const [column, target] of Object.entries(index.statistics)) {
    marks.push({
      object: `statistics target of column ${column} of ${index.name} on ${name}`,
      statement: `alter index ${qualified} alter column ${column} set statistics ${target}`,
      sql: `exists (select from pg_attribute a where a.attrelid = ${oid} and a.attnum = ${column} and a.attstattarget = ${target})`,
    })
  }
  return {
    statements: marks.map((mark) => mark.statement),
    checks: marks.map(({ object, sql }) => ({ object, sql })),
  }
}

export function commentOnConstraint(table: Table, constraint: string, comment: string): string {
  return `comment on constraint ${quoteIdentifier(constraint)} on ${quoteName(table)} is ${quoteLiteral(comment)}`
}
