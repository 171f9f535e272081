/** Measures what a lint costs: of a database as it was converted, and once tables came that nobody has planned. */
import { parseArgs } from 'node:util'
import { lintDatabase, openSession, resolveConfig } from '@partywall/rls-migrations'
import { startPostgres } from '@partywall/testing'
import { createConverted, type ConvertedDatabase } from './converted-database.ts'
import { manyTables } from './many-tables.ts'

/** What a lint of 1,000 tables may cost, in seconds; planning what is new reads the whole catalog once more. */
const limit = { tables: 1000, seconds: 10, withNewTables: 30 } as const

const ROUNDS = 3

const { values } = parseArgs({
  options: { tables: { type: 'string', default: '100,1000' }, json: { type: 'boolean', default: false } },
})
await using server = await startPostgres({ source: 'embedded' })
const rows: LintCost[] = []
for (const tables of values.tables.split(',').map(Number)) {
  process.stderr.write(`${tables} tables\n`)
  rows.push({ tables, ...(await measure(await createConverted(server, manyTables(tables)))) })
}
const ok = rows.every(
  (row) =>
    row.failures === 0 &&
    (row.tables > limit.tables || (row.seconds <= limit.seconds && row.withNewTables <= limit.withNewTables)),
)
if (values.json) process.stdout.write(`${JSON.stringify({ ok, rows })}\n`)
else console.table(rows)
process.exitCode = ok ? 0 : 1

interface LintCost {
  readonly tables: number
  /** The median. */
  readonly seconds: number
  readonly withNewTables: number
  readonly rules: number
  readonly findings: number
  /** Errors and warnings, of which a conversion leaves none. */
  readonly failures: number
}

async function measure({ ownerUrl }: ConvertedDatabase): Promise<Omit<LintCost, 'tables'>> {
  await using session = await openSession({ url: ownerUrl, applicationName: 'bench' })
  const config = resolveConfig({})
  const reports = []
  for (let round = 0; round < ROUNDS; round += 1) reports.push(await lintDatabase({ session, config }))
  const [report] = reports.toSorted((one, other) => one.durationMs - other.durationMs).slice(Math.floor(ROUNDS / 2))
  await session.query('create table public.later (id int primary key)')
  const withNew = await lintDatabase({ session, config })
  return {
    seconds: inSeconds(report?.durationMs ?? 0),
    withNewTables: inSeconds(withNew.durationMs),
    rules: withNew.rules,
    findings: report?.findings.length ?? 0,
    failures: report?.findings.filter((one) => one.severity !== 'info').length ?? 0,
  }
}

function inSeconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
