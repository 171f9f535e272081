/** Measures what it costs to give rows their organization. Prints tables, or with `--json` one object. */
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { measureDefault, type DefaultCost } from './measure-default.ts'
import { measureDerived, type DerivedCost } from './measure-derived.ts'
import { createServiceDatabases } from './service-database.ts'

/** What is promised: the least throughput of a derived backfill beside a plain UPDATE, and the most lock without one. */
const limit = { ratio: 0.5, totalLockMs: 1000 } as const

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const { derived, byDefault } = await measure(Number(values.rows), Number(values.rounds))
const ok = (derived === undefined || derived.ratio >= limit.ratio) && (byDefault === undefined || isFree(byDefault))
if (values.json) process.stdout.write(`${JSON.stringify({ ok, derived, default: byDefault })}\n`)
else {
  if (derived !== undefined) console.table([derived])
  if (byDefault !== undefined) console.table([byDefault])
}
process.exitCode = ok ? 0 : 1

async function measure(
  rows: number,
  rounds: number,
): Promise<{ readonly derived: DerivedCost | undefined; readonly byDefault: DefaultCost | undefined }> {
  await using server = await startPostgres({ source: 'embedded' })
  process.stderr.write(`${rows} rows\n`)
  const databases = await createServiceDatabases(server, rows)
  const derived = values.only === 'default' ? undefined : await measureDerived(databases, { rows, rounds })
  const byDefault = values.only === 'derived' ? undefined : await measureDefault(databases)
  return { derived, byDefault }
}

function isFree({ rewrittenRows, sameFile, rows, ownedRows, totalLockMs }: DefaultCost): boolean {
  return rewrittenRows === 0 && sameFile && ownedRows === rows && totalLockMs < limit.totalLockMs
}
