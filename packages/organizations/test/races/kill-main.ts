/**
 * The kill score of the races: takes each guard of the control plane away, one at a time, from a copy of the database, and
 * attacks and races there. Ends with 1 when nothing notices the lack of a guard that is not known to be redundant.
 *
 * `--interleavings <n>` says after how many a guard has survived (3000), `--only <expression>` plays those whose name it matches,
 * `--seed <n>` which interleavings. `--json` prints one document.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { allGuards, judgeMatrix, playGuard } from './kill-matrix.ts'
import type { KillRow } from './kill-matrix.ts'
import { createRaceDatabase } from './race-database.ts'
import { runAttacks } from './run-attacks.ts'

const { values } = parseArgs({
  options: {
    interleavings: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})

await using server = await startPostgres({ settings: { max_connections: '300' } })
await using database = await createRaceDatabase(server)
const options = { seed: Number(values.seed), interleavings: Number(values.interleavings) }
const only = new RegExp(values.only)
const rows: KillRow[] = []
for (const guard of allGuards().filter(({ name }) => only.test(name))) {
  const row = await playGuard(database, guard, options)
  rows.push(row)
  const { name, killed, by, interleavings, durationMs } = row
  console.error(`${killed ? 'killed  ' : 'survived'} ${name}: ${by} (${interleavings} interleavings, ${durationMs} ms)`)
}
// On the sound one last: it leaves two organizations there.
const sound = await runAttacks(database.urls)
const verdict = judgeMatrix(rows)
if (values.json) console.log(JSON.stringify({ schemaVersion: 1, ...verdict, sound, rows }))
else {
  const { killed, redundant, guards, survivors, missed } = verdict
  console.log(
    [
      `${killed} of ${guards} killed, ${redundant} redundant, ${survivors.length} survived`,
      ...rows.flatMap((row) =>
        row.redundant === undefined || row.killed ? [] : [`redundant: ${row.name}: ${row.redundant}`],
      ),
      ...survivors.map((name) => `survived: ${name}`),
      ...missed.map((name) => `called redundant, and missed: ${name}`),
      ...sound.map((violation) => `with every guard: ${violation}`),
    ].join('\n'),
  )
}
process.exitCode = verdict.survivors.length + sound.length === 0 && rows.length > 0 ? 0 : 1
