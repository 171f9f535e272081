/** Quotes one identifier, whatever PostgreSQL thinks of the word. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
