import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client, escapeIdentifier } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { formatCopyRow } from './copy-text.ts'
import { tablesInLoadOrder } from './dataset.ts'
import { generateDataset, type DatasetOptions } from './generate-dataset.ts'

/** Which data to load, and for whom. */
export interface SeedOptions extends Omit<DatasetOptions, 'userIds'> {
  /** In a converted database: the organization that gets the rows, among the users who exist already. */
  readonly organizationId?: string | undefined
}

/** What {@link seed} loaded. */
export interface SeedReport {
  /** How many rows went into each table. */
  readonly rows: Readonly<Record<string, number>>
  readonly durationMs: number
}

const rowsPerChunk = 500

/**
 * Fills an empty FlakeGuard database, or one organization in a converted one, with made-up but believable data: all of
 * it or nothing. The login must own the tables: COPY is refused under row-level security.
 *
 * @throws RangeError when `scale` is not a positive number.
 *
 * @example
 * ```ts
 * const { rows } = await seed(process.env.DATABASE_URL, { scale: 1, seed: 7 })
 * console.log(rows['TestResult']) // 50000
 * ```
 */
export async function seed(databaseUrl: string, options: SeedOptions = {}): Promise<SeedReport> {
  const startedAt = performance.now()
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('begin')
    const userIds =
      options.organizationId === undefined ? undefined : await enterOrganization(client, options.organizationId)
    const dataset = generateDataset({ ...options, userIds })
    for (const table of tablesInLoadOrder) await copyRows(client, table, dataset[table])
    await client.query('commit')
    // Without statistics the first queries of a demo would be planned for empty tables.
    await client.query('analyze')
    const rows = Object.fromEntries(tablesInLoadOrder.map((table) => [table, dataset[table].length]))
    return { rows, durationMs: performance.now() - startedAt }
  } finally {
    await client.end()
  }
}

/** From here to the end of the transaction, the tenant column defaults to the organization. */
async function enterOrganization(client: Client, organizationId: string): Promise<string[]> {
  await client.query(`select set_config('app.current_tenant_id', $1, true)`, [organizationId])
  const { rows } = await client.query<{ id: string }>('select "id" from "User" order by "id"')
  return rows.map(({ id }) => id)
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
