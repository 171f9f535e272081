/** Runs one statement, which is a transaction of its own, and gives its rows. */
export type RunStatement = <Row extends object>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>

/** Quotes one identifier, whatever PostgreSQL thinks of the word. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
