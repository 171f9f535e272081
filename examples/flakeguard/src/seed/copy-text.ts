/** One row in PostgreSQL's COPY text format, without the end of line. */
export function formatCopyRow(row: Readonly<Record<string, unknown>>, columns: readonly string[]): string {
  return columns.map((column) => formatField(row[column])).join('\t')
}

function formatField(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  return formatValue(value).replaceAll(/[\\\t\n\r]/g, (character) => escapes[character] ?? character)
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function formatValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  // Columns without a time zone hold UTC and ignore the Z.
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return `{${value.map((item) => formatElement(item)).join(',')}}`
  return JSON.stringify(value)
}

function formatElement(item: unknown): string {
  return `"${formatValue(item).replaceAll(/["\\]/g, (character) => `\\${character}`)}"`
}
