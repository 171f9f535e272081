/**
 * Races: randomized interleavings of everything that members, the operator and hand-written SQL do to an organization,
 * on real connections of several processes, at mixed isolation levels, while statements are cancelled and backends are
 * killed. Each is judged by what the database says of it. Ends with 1 when a rule was broken. `--help` tells the options.
 */
import { availableParallelism } from 'node:os'
import { startPostgres } from '@partywall/testing'
import { describeReport } from './describe-report.ts'
import { createRaceDatabase } from './race-database.ts'
import { runInProcesses } from './race-process.ts'
import { readArguments } from './read-arguments.ts'
import { repeatRace } from './run-races.ts'

const { values, json } = readArguments('races', {
  interleavings: { default: '100000', about: 'how many interleavings are run' },
  processes: { default: String(Math.max(2, availableParallelism())), about: 'how many processes run them' },
  lanes: { default: '8', about: 'how many run at once in a process' },
  seed: { about: 'which interleavings; drawn at random when none is given' },
  only: { about: 'runs the interleaving of that number again' },
  repeat: { default: '100', about: 'how many times, with --only' },
})

const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const startedAt = performance.now()
await using server = await startPostgres({ settings: { max_connections: '300' } })
await using database = await createRaceDatabase(server)
const { urls } = database
const report =
  values.only === undefined
    ? await runInProcesses({
        urls,
        seed,
        from: 0,
        count: Number(values.interleavings),
        lanes: Number(values.lanes),
        processes: Number(values.processes),
        onProgress: (done) => console.error(`${done} interleavings`),
      })
    : await repeatRace({ urls, seed, number: Number(values.only), times: Number(values.repeat) })
const durationMs = Math.round(performance.now() - startedAt)
if (json) console.log(JSON.stringify({ schemaVersion: 1, ok: report.violations === 0, durationMs, ...report }))
else console.log(describeReport(report, durationMs))
process.exitCode = report.violations === 0 && report.interleavings > 0 ? 0 : 1
