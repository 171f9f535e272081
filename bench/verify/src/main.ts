/** Measures what a proof costs, and how long it holds a service up. Prints tables, or with `--json` one object. */
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { createConverted } from './converted-database.ts'
import { verifyInProcess } from './in-process.ts'
import { manyTables } from './many-tables.ts'
import { measureStalls } from './stalls.ts'
import { stallTargets, targetsOf } from './targets.ts'

/** Tables under load: so many that the proof takes a while, so few that the clients meet it. */
const LOADED_TABLES = 20

const { values } = parseArgs({
  options: {
    tables: { type: 'string', default: '100,1000' },
    load: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
})
await using server = await startPostgres({ source: 'embedded' })
const proofs = []
for (const tables of values.tables.split(',').filter(Boolean).map(Number)) {
  process.stderr.write(`${tables} tables\n`)
  proofs.push({ tables, ...(await verifyInProcess(await createConverted(server, manyTables(tables)))) })
}
if (values.load) process.stderr.write('16 clients\n')
const stalls = values.load ? await measureStalls(await createConverted(server, manyTables(LOADED_TABLES))) : undefined
const targets = [...proofs.flatMap(targetsOf), ...(stalls === undefined ? [] : stallTargets(stalls))]
const ok = proofs.every((proof) => proof.ok) && targets.every((target) => target.ok)
if (values.json) {
  process.stdout.write(`${JSON.stringify({ ok, proofs, stalls, targets })}\n`)
} else {
  console.table(proofs)
  if (stalls !== undefined) console.table({ alone: stalls.alone, 'under proof': stalls.underProof })
  for (const { target, atMost, measured, ok: isMet } of targets)
    process.stdout.write(`${isMet ? 'ok  ' : 'MISS'} ${target}, at most ${atMost}: ${measured}\n`)
}
process.exitCode = ok ? 0 : 1
