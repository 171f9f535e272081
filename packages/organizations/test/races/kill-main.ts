/**
 * The kill score of the races: takes each guard of the control plane away, one at a time, from a copy of the database, and
 * attacks and races there. Ends with 1 when nothing notices the lack of a guard. `--help` tells the options.
 */
import { startPostgres } from '@partywall/testing'
import { allGuards, playGuard } from './kill-matrix.ts'
import type { KillRow } from './kill-matrix.ts'
import { createRaceDatabase } from './race-database.ts'
import { readArguments } from './read-arguments.ts'
import { runAttacks } from './run-attacks.ts'

const { values, json } = readArguments('races:kill', {
  interleavings: { default: '6000', about: 'after how many a guard has survived' },
  seed: { default: '1', about: 'which interleavings' },
  only: { default: '', text: true, about: 'plays the guards whose name the expression matches' },
})

await using server = await startPostgres({ settings: { max_connections: '300' } })
await using database = await createRaceDatabase(server)
const options = { seed: Number(values.seed), interleavings: Number(values.interleavings) }
const only = new RegExp(values.only ?? '')
const rows: KillRow[] = []
for (const guard of allGuards().filter(({ name }) => only.test(name))) {
  const row = await playGuard(database, guard, options)
  rows.push(row)
  const { name, killed, by, interleavings, durationMs } = row
  console.error(`${killed ? 'killed  ' : 'survived'} ${name}: ${by} (${interleavings} interleavings, ${durationMs} ms)`)
}
// On the sound one last: it leaves two organizations there.
const sound = await runAttacks(database.urls)
const survivors = rows.filter(({ killed }) => !killed).map(({ name }) => name)
const killed = rows.length - survivors.length
if (json) console.log(JSON.stringify({ schemaVersion: 1, guards: rows.length, killed, survivors, sound, rows }))
else {
  console.log(
    [
      `${killed} of ${rows.length} killed, ${survivors.length} survived`,
      ...survivors.map((name) => `survived: ${name}`),
      ...sound.map((violation) => `with every guard: ${violation}`),
    ].join('\n'),
  )
}
process.exitCode = survivors.length + sound.length === 0 && rows.length > 0 ? 0 : 1
