import { quoteColumns, quoteIdentifier, quoteLiteral, quoteName, type QualifiedName } from '../sql/identifier.ts'
import { contextOf, type TenantSetting } from './tenant-setting.ts'

// Attacks run with the search path of the host, which its own triggers need. It may put another schema in front of
// pg_catalog: every function, operator and type that is meant here is named with its schema.

/** Sets the context of the transaction as the service does; null takes it back to what the login starts with. */
export function enter(setting: TenantSetting, organization: string | null): string {
  return setContext(setting.name, organization === null ? null : contextOf(setting, organization))
}

/** Sets the context to this very text. */
export function setContext(name: string, value: string | null): string {
  return `select pg_catalog.set_config(${quoteLiteral(name)}, ${value === null ? 'null' : quoteLiteral(value)}, true)`
}

export function become(role: string): string {
  return `set local role ${quoteIdentifier(role)}`
}

/** The SQL of a value: its text, cast to the column's type. */
export function literal(text: string | null, type: string): string {
  return text === null ? 'null' : `${quoteLiteral(text)}::${withSchema(type)}`
}

/** Whether the column has this very text. */
export function hasText(column: string, text: string): string {
  return `coalesce(${quoteIdentifier(column)}::pg_catalog.text operator(pg_catalog.=) ${literal(text, 'text')}, false)`
}

/** Types that the grammar knows by a name of their own, whatever the search path. */
const grammatical = new Set([
  'integer',
  'bigint',
  'smallint',
  'real',
  'boolean',
  'character',
  'bit',
  'numeric',
  'interval',
])

/** The type as `format_type` writes it, where the search path has no say. */
function withSchema(type: string): string {
  const [, name = ''] = /^(\w+|"char")(?:\[\])*$/.exec(type) ?? []
  return name === '' || grammatical.has(name) ? type : `pg_catalog.${type}`
}

export interface InsertRow {
  readonly into: QualifiedName
  /** Column by column: the SQL of the value. */
  readonly values: ReadonlyMap<string, string>
  /** An identity column takes the given value only when forced to. */
  readonly overriding: boolean
}

export function insert({ into, values, overriding }: InsertRow): string {
  if (values.size === 0) return `insert into ${quoteName(into)} default values`
  return `insert into ${quoteName(into)} (${quoteColumns([...values.keys()])})${overriding ? ' overriding system value' : ''} values (${[...values.values()].join(', ')})`
}

/** Counts rows up to a limit: where the wall is broken, the table may be huge. */
export function countRows(table: QualifiedName, where: string): string {
  return `select pg_catalog.count(*)::int as rows from (select from ${quoteName(table)} where ${where} limit 1000) as found`
}
