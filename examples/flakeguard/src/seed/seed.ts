import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client, escapeIdentifier } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { formatCopyRow } from './copy-text.ts'
import { tablesInLoadOrder } from './dataset.ts'
import { generateDataset, type DatasetOptions } from './generate-dataset.ts'

/** What {@link seed} loaded. */
export interface SeedReport {
  /** How many rows went into each table. */
  readonly rows: Readonly<Record<string, number>>
  readonly durationMs: number
}

const rowsPerChunk = 500

/**
 * Fills an empty FlakeGuard database, in one transaction, with made-up but believable data. The login must own the
 * tables: COPY is refused under row-level security.
 *
 * @throws RangeError when `scale` is not a positive number.
 *
 * @example
 * ```ts
 * const { rows } = await seed(process.env.DATABASE_URL, { scale: 1, seed: 7 })
 * console.log(rows['TestResult']) // 50000
 * ```
 */
export async function seed(databaseUrl: string, options: DatasetOptions = {}): Promise<SeedReport> {
  const startedAt = performance.now()
  const dataset = generateDataset(options)
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('begin')
    for (const table of tablesInLoadOrder) await copyRows(client, table, dataset[table])
    await client.query('commit')
    // Without statistics the first queries of a demo would be planned for empty tables.
    await client.query('analyze')
  } finally {
    await client.end()
  }
  const rows = Object.fromEntries(tablesInLoadOrder.map((table) => [table, dataset[table].length]))
  return { rows, durationMs: performance.now() - startedAt }
}

async function copyRows(client: Client, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  if (columns.length === 0) return
  const list = columns.map((column) => escapeIdentifier(column)).join(', ')
  const stream = client.query(copyFrom(`copy ${escapeIdentifier(table)} (${list}) from stdin`))
  await pipeline(Readable.from(formatChunks(rows, columns)), stream)
}

function* formatChunks(rows: readonly object[], columns: readonly string[]): Generator<string> {
  for (let start = 0; start < rows.length; start += rowsPerChunk) {
    const chunk = rows.slice(start, start + rowsPerChunk)
    yield chunk.map((row) => `${formatCopyRow(row as Record<string, unknown>, columns)}\n`).join('')
  }
}
