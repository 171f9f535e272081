/**
 * Sends malformed requests to both hosts of the management API: right ones but for a few things, drawn by the schemas of the
 * routes, and bytes that are no requests at all. Ends with 1 when an answer is a fault or tells of the inside, when a host ends or
 * keeps a client waiting, or when an organization that nobody named was changed.
 *
 * `--requests <n>` says how many to each host (100000), `--seed <n>` which, `--host <name>` to which alone; `--json` prints one
 * document.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { createContractDatabase } from '@partywall/testing/contract'
import { fingerprintOf } from '@partywall/testing/http-attacks'
import { createCast } from '../cast.ts'
import { hostNames } from '../hosts.ts'
import { findProblem } from '../mutations/find-problem.ts'
import { openStage } from '../stage.ts'
import { runFuzz } from './run-fuzz.ts'
import type { FuzzReport } from './run-fuzz.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    host: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

// The attacks have a host fail, which logs it.
const { error: log } = console
console.error = () => {}

await using server = await startPostgres()
await using database = await createContractDatabase(server)
await using stage = await openStage(database)
const bystander = await createCast(stage)
const before = await fingerprintOf(stage.admin, bystander.id)
const reports: FuzzReport[] = []
const problems: string[] = []
const startedAt = performance.now()
for (const host of hostNames.filter((name) => values.host === undefined || name === values.host)) {
  const report = await runFuzz({
    stage,
    urls: database,
    host,
    requests: Number(values.requests),
    seed: Number(values.seed),
    onProgress: (sent) => (sent % 10_000 === 0 ? log(`${host}: ${sent}`) : undefined),
  })
  reports.push(report)
  problems.push(...report.problems.map((one) => `${host}: ${one}`))
  // The attacks all over again, on what the requests have left behind.
  const after = await findProblem({ stage, host })
  if (after !== undefined) problems.push(`${host}, after: ${after}`)
}
if ((await fingerprintOf(stage.admin, bystander.id)) !== before)
  problems.push('an organization that nobody named was changed')
const durationMs = Math.round(performance.now() - startedAt)
const ok = problems.length === 0 && reports.length > 0
if (values.json)
  console.log(JSON.stringify({ schemaVersion: 1, ok, seed: Number(values.seed), durationMs, problems, reports }))
else {
  for (const { host, requests, raw, statuses, residentBytes = 0 } of reports) {
    const told = Object.entries(statuses).map(([status, times]) => `${status}: ${times}`)
    console.log(
      `${host}: ${requests} requests, ${raw} of them as bytes; ${told.join(', ')}; ${Math.round(residentBytes / 2 ** 20)} MiB`,
    )
  }
  for (const problem of problems) console.log(problem)
  console.log(`seed ${values.seed}: ${problems.length} problems in ${Math.round(durationMs / 1000)} s`)
}
process.exitCode = ok ? 0 : 1
