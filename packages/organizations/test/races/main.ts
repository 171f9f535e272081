/**
 * Races: randomized interleavings of everything that members, the operator and hand-written SQL do to an organization,
 * on real connections of several processes, at mixed isolation levels, while statements are cancelled and backends are
 * killed. Each is judged by what the database says of it. Ends with 1 when a rule was broken.
 *
 * `--interleavings <n>` says how many (100000), `--processes <n>` and `--lanes <n>` how many run at once, `--seed <n>`
 * which; `--only <n>` runs the interleaving of that number again, `--repeat <n>` times. `--json` prints one document.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { describeReport } from './describe-report.ts'
import { createRaceDatabase } from './race-database.ts'
import { runInProcesses } from './race-process.ts'
import { repeatRace } from './run-races.ts'

const { values } = parseArgs({
  options: {
    interleavings: { type: 'string', default: '100000' },
    processes: { type: 'string', default: String(Math.max(2, availableParallelism())) },
    lanes: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: 'string' },
    repeat: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  },
})

const seed = Number(values.seed)
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
if (values.json) console.log(JSON.stringify({ schemaVersion: 1, ok: report.violations === 0, durationMs, ...report }))
else console.log(describeReport(report, durationMs))
process.exitCode = report.violations === 0 && report.interleavings > 0 ? 0 : 1
