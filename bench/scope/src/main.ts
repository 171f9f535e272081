/** Measures what the tenant scope costs. Prints tables, or with `--json` one object. */
import { readArguments } from './arguments.ts'
import { createBenchDatabase, startBenchServer } from './bench-database.ts'
import type { BenchRow, MemoryRow } from './bench-row.ts'
import { measureMatrix } from './matrix.ts'
import { measureMemory } from './memory.ts'
import { measureOrganizationsScale } from './organizations-scale.ts'
import { renderReport, reportOf } from './report.ts'
import type { BenchReport } from './report.ts'

const manyOrganizations = 100_000

const args = readArguments(process.argv.slice(2))
const onProgress = (message: string): void => {
  process.stderr.write(`${message}\n`)
}
try {
  const report = await runBench()
  process.stdout.write(`${args.json ? JSON.stringify(report) : renderReport(report)}\n`)
} catch (error) {
  if (args.json) {
    const summary = { error: error instanceof Error ? error.message : String(error) }
    process.stdout.write(`${JSON.stringify({ ok: false, summary, rows: [] })}\n`)
  }
  console.error(error)
  process.exitCode = 1
}

async function runBench(): Promise<BenchReport> {
  await using server = await startBenchServer()
  const size = { organizations: args.organizations, rows: args.rows }
  // As many rows as the smaller database, for the same depth of indexes and share of memory.
  const rowsEach = Math.max(1, Math.round((size.organizations * size.rows) / manyOrganizations))
  const create = (organizations: number, rows: number) => {
    onProgress(`a database of ${organizations} organizations with ${rows} rows each`)
    return createBenchDatabase(server, { organizations, rows })
  }
  const few = args.matrix || args.organizationsScale ? await create(size.organizations, size.rows) : undefined
  const many = args.organizationsScale || args.memory ? await create(manyOrganizations, rowsEach) : undefined
  const rows: (BenchRow | MemoryRow)[] = []
  if (args.matrix && few !== undefined) rows.push(...(await measureMatrix({ server, database: few, args, onProgress })))
  if (args.organizationsScale && few !== undefined && many !== undefined)
    rows.push(...(await measureOrganizationsScale({ server, few, many, args, onProgress })))
  if (args.memory && many !== undefined) rows.push(...(await measureMemory({ database: many, args, onProgress })))
  return reportOf(rows, args.rounds)
}
