/**
 * Measures what an outbox costs: a write with an event beside the same write without, in turns in one run, and how many
 * events a second are delivered. Prints a table, or with `--json` one object.
 */
import { parseArgs } from 'node:util'
import { createOutbox } from '@partywall/tenancy-core/outbox'
import { startPostgres } from '@partywall/testing'
import { createBenchDatabase, idOf } from './bench-database.ts'
import { median, rounded, timesOf } from './median.ts'

declare module '@partywall/tenancy-core/outbox' {
  interface OutboxEvents {
    'project.created': { readonly name: string }
  }
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    writes: { type: 'string', default: '200' },
    events: { type: 'string', default: '20000' },
    json: { type: 'boolean', default: false },
  },
})
const organizations = 100
// What a commit waits for is part of what a write takes.
const settings = { max_connections: '200', fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
const server = await startPostgres({ source: 'embedded', settings })
const { tenancy, execute, close } = await createBenchDatabase(server, { organizations, membersEach: 1 })
const outbox = createOutbox(tenancy)
try {
  const appending = [await measureAppend(1), await measureAppend(8)]
  const delivery = [await measureDelivery(1), await measureDelivery(2)]
  if (values.json) process.stdout.write(`${JSON.stringify({ schemaVersion: 1, appending, delivery })}\n`)
  else {
    console.table(appending)
    console.table(delivery)
  }
} finally {
  await close()
  await server[Symbol.asyncDispose]()
}

/** One transaction of a service: an insert, and the event of it. */
async function write(n: number, appends: boolean): Promise<void> {
  await tenancy.run({ organizationId: idOf(1 + (n % organizations)) }, async () => {
    const client = await tenancy.pool.connect()
    try {
      await client.query('begin')
      await client.query('insert into projects (name) values ($1)', ['web'])
      if (appends) await outbox.append('project.created', { name: 'web' }, { transaction: client })
      await client.query('commit')
    } finally {
      client.release()
    }
  })
}

async function measureAppend(writers: number) {
  const times = { without: [] as number[], with: [] as number[] }
  const ratios: number[] = []
  const turn = async (appends: boolean): Promise<readonly number[]> => {
    const each = Array.from({ length: writers }, (_, writer) =>
      timesOf(Math.ceil(Number(values.writes) / writers), (n) => write(n * writers + writer, appends)),
    )
    return (await Promise.all(each)).flat()
  }
  await turn(true)
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const plain = await turn(false)
    const told = await turn(true)
    times.without.push(...plain)
    times.with.push(...told)
    ratios.push(median(told) / median(plain))
  }
  const [withoutMs, withMs] = [median(times.without), median(times.with)]
  const addedMs = rounded(withMs - withoutMs)
  return {
    writers,
    p50WithoutMs: rounded(withoutMs),
    p50WithMs: rounded(withMs),
    addedMs,
    ratio: rounded(median(ratios)),
  }
}

/** Everything that waits, by so many dispatchers, whose handlers do nothing. */
async function measureDelivery(dispatchers: number) {
  await execute(`truncate partywall.outbox, partywall.outbox_streams, partywall.outbox_leases`)
  const ids = Array.from({ length: organizations }, (_, n) => `'${idOf(n + 1)}'::uuid`).join()
  await execute(`select partywall.append_events(array_fill(o.id, array[${Number(values.events) / organizations}]),
    array_fill('project.created'::text, array[${Number(values.events) / organizations}]),
    array_fill('{"name": "web"}'::jsonb, array[${Number(values.events) / organizations}]), null) from unnest(array[${ids}]) o (id)`)
  await execute('vacuum analyze partywall.outbox')
  const start = performance.now()
  const running = await Promise.all(Array.from({ length: dispatchers }, () => outbox.deliver({ '*': () => {} })))
  const delivered = (): number => running.reduce((sum, one) => sum + one.statistics().delivered, 0)
  while (delivered() < Number(values.events)) await new Promise((resolve) => setTimeout(resolve, 5))
  const seconds = (performance.now() - start) / 1000
  await Promise.all(running.map((one) => one.stop()))
  return { dispatchers, events: Number(values.events), eventsPerSecond: Math.round(Number(values.events) / seconds) }
}
