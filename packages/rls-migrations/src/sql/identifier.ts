import { createHash } from 'node:crypto'
import { TenancyError } from '@partywall/tenancy-core'

/** PostgreSQL cuts identifiers at this many bytes, silently. */
const IDENTIFIER_BYTES = 63

/** A name of two parts, as the catalog holds it: unquoted, case kept. */
export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

/** Quotes one identifier. Always quotes: whether PostgreSQL needs the quotes depends on its list of keywords. */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new TenancyError('IDENTIFIER_INVALID', `${JSON.stringify(name)} cannot be an SQL identifier.`)
  }
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a schema-qualified name. */
export function quoteName(name: QualifiedName): string {
  return `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`
}

/** Quotes a string literal, whatever `standard_conforming_strings` says. */
export function quoteLiteral(value: string): string {
  if (value.includes('\0'))
    throw new TenancyError('IDENTIFIER_INVALID', 'A string literal cannot hold a NUL character.')
  const quoted = `'${value.replaceAll("'", "''")}'`
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** A list of quoted identifiers, as a key or an index takes it. */
export function quoteColumns(columns: readonly string[]): string {
  return columns.map(quoteIdentifier).join(', ')
}

/**
 * A name for a new object that fits into 63 bytes. Long names are cut and carry a hash of the whole, so that two names
 * that differ only at their end stay different, and the same input always gives the same name.
 */
export function objectName(...parts: readonly string[]): string {
  const whole = parts.join('_')
  if (Buffer.byteLength(whole) <= IDENTIFIER_BYTES) return whole
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8)
  let head = whole
  while (Buffer.byteLength(head) > IDENTIFIER_BYTES - hash.length - 1) head = head.slice(0, -1)
  return `${head}_${hash}`
}

/** How people and reports write the name: without quotes, without the schema when it is `public`. */
export function displayName(name: QualifiedName): string {
  return name.schema === 'public' ? name.name : `${name.schema}.${name.name}`
}

/** Whether two names are of one object. */
export function sameName(one: QualifiedName, other: QualifiedName): boolean {
  return one.name === other.name && one.schema === other.schema
}
