/** Measures what it costs to plan a large schema. Prints a table, or with `--json` one object. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres, type PostgresServer } from '@partywall/testing'
import { Client } from 'pg'
import { largeSchema } from './large-schema.ts'

interface Cost {
  readonly planMs: number
  /** The most memory that the planning process ever held. */
  readonly peakMiB: number
  readonly steps: number
  readonly hazards: number
}

/** What 1,000 tables may cost. */
const limit = { tables: 1000, planMs: 20_000, peakMiB: 1024 } as const

const { values } = parseArgs({
  options: { tables: { type: 'string', default: '250,500,1000,2000' }, json: { type: 'boolean', default: false } },
})
const rows = await measure(values.tables.split(',').map(Number))
const ok = rows.every(
  (row) => row.tables > limit.tables || (row.planMs <= limit.planMs && row.peakMiB <= limit.peakMiB),
)
process.stdout.write(values.json ? `${JSON.stringify({ ok, rows })}\n` : '')
if (!values.json) console.table(rows)
process.exitCode = ok ? 0 : 1

async function measure(sizes: readonly number[]): Promise<readonly (Cost & { readonly tables: number })[]> {
  await using server = await startPostgres({ source: 'embedded' })
  const costs: (Cost & { tables: number })[] = []
  for (const tables of sizes) {
    process.stderr.write(`${tables} tables\n`)
    const url = await createLargeDatabase(server, tables)
    costs.push({ tables, ...(await planInProcess(url)) })
  }
  return costs
}

/** Each table by itself: one transaction for all would need a lock for each of their objects. */
async function createLargeDatabase(server: PostgresServer, tables: number): Promise<string> {
  const url = (await server.createDatabase()).url()
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of largeSchema(tables)) await client.query(statement)
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
  return url
}

/** In a process of its own, so that its peak of memory is that of planning. */
async function planInProcess(url: string): Promise<Cost> {
  const child = fork(join(import.meta.dirname, 'plan-once.ts'), { env: { ...process.env, DATABASE_URL: url } })
  return await new Promise<Cost>((resolve, reject) => {
    child.once('message', (cost) => resolve(cost as Cost))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`planning ended with ${code} and no figures`)))
  })
}
