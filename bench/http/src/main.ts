/** Measures what a request costs with a claim, a membership and a permission. Prints tables, or with `--json` one object. */
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { createBenchDatabase } from './bench-database.ts'
import type { BenchDatabase, Size } from './bench-database.ts'
import { measure, startHost } from './measure.ts'
import type { RunningHost, Slice } from './measure.ts'
import { reportOf, renderReport } from './report.ts'
import { measureRefusals } from './refusals.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    slice: { type: 'string', default: '1000' },
    concurrency: { type: 'string', default: '64' },
    connections: { type: 'string', default: '10' },
    organizations: { type: 'string', default: '1000' },
    many: { type: 'string', default: '100000' },
    refusals: { type: 'string', default: '2000' },
  },
})
const numbers = (
  name: 'rounds' | 'slice' | 'concurrency' | 'connections' | 'organizations' | 'many' | 'refusals',
): number => {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`--${name}: expected a whole number, got ${values[name]}.`)
}
const say = (message: string): void => void process.stderr.write(`${message}\n`)

async function startHosts(few: BenchDatabase, many: BenchDatabase | undefined): Promise<readonly RunningHost[]> {
  const names: Readonly<Record<string, string>> = {
    prepared: 'bare, prepared',
    pipelined: 'bare, pipelined',
    pool: 'partywall, pool',
  }
  const kinds = ['bare', 'prepared', 'pipelined', 'partywall', 'pool']
  const connections = numbers('connections')
  const hosts = kinds.map((kind) => startHost({ name: names[kind] ?? kind, kind }, few, connections))
  if (many !== undefined) hosts.push(startHost({ name: 'partywall, many', kind: 'partywall' }, many, connections))
  return await Promise.all(hosts)
}

/** Each host once in each round, in another order each time. */
async function measureRounds(hosts: readonly RunningHost[]): Promise<ReadonlyMap<string, readonly Slice[]>> {
  const slices = new Map<string, Slice[]>(hosts.map(({ name }) => [name, []]))
  const load = { concurrency: numbers('concurrency'), sliceMs: numbers('slice') }
  for (const host of hosts) await measure(host, load)
  for (let round = 1; round <= numbers('rounds'); round += 1) {
    say(`round ${round} of ${values.rounds}`)
    const order = hosts.map((host) => ({ host, at: Math.random() })).toSorted((one, other) => one.at - other.at)
    for (const { host } of order) slices.get(host.name)?.push(await measure(host, load))
  }
  return slices
}

/** With as many rows altogether, so that only the number of organizations and of members differs. */
const sizeOf = (organizations: number): Size => ({
  organizations,
  members: 10,
  rows: Math.max(1, Math.round(100_000 / organizations)),
})
const server = await startPostgres({
  source: 'embedded',
  settings: { shared_buffers: '1GB', autovacuum: 'off', checkpoint_timeout: '1h' },
})
try {
  say('filling')
  const few = await createBenchDatabase(server, sizeOf(numbers('organizations')))
  const many = numbers('many') === 0 ? undefined : await createBenchDatabase(server, sizeOf(numbers('many')))
  const hosts = await startHosts(few, many)
  try {
    const slices = await measureRounds(hosts)
    const scoped = hosts.find(({ name }) => name === 'partywall') as RunningHost
    const refusals = await measureRefusals(scoped, numbers('refusals'))
    const report = reportOf(slices, refusals)
    if (!report.ok) process.exitCode = 1
    process.stdout.write(`${values.json ? JSON.stringify(report) : renderReport(report)}\n`)
  } finally {
    for (const { child } of hosts) child.kill()
  }
} finally {
  await server.stop()
}
