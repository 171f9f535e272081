import { quoteColumns, quoteIdentifier, quoteLiteral, quoteName, type QualifiedName } from '../sql/identifier.ts'
import { contextOf, type TenantSetting } from './tenant-setting.ts'

/** Sets the context of the transaction as the service does; null takes it back to what the login starts with. */
export function enter(setting: TenantSetting, organization: string | null): string {
  return setContext(setting.name, organization === null ? null : contextOf(setting, organization))
}

/** Sets the context to this very text. */
export function setContext(name: string, value: string | null): string {
  return `select set_config(${quoteLiteral(name)}, ${value === null ? 'null' : quoteLiteral(value)}, true)`
}

export function become(role: string): string {
  return `set local role ${quoteIdentifier(role)}`
}

/** The SQL of a value: its text, cast to the column's type. */
export function literal(text: string | null, type: string): string {
  return text === null ? 'null' : `${quoteLiteral(text)}::${type}`
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
  return `select count(*)::int as rows from (select from ${quoteName(table)} where ${where} limit 1000) as found`
}
