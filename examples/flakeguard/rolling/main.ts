/**
 * Restarts two nodes of FlakeGuard one after the other, behind a load balancer that asks for readiness, while clients read
 * and write. Ends with 1 when a request failed. `--clients 16 --rounds 2 --notice 1000`; with `--notice 0` requests do fail, since
 * a node stops before the load balancer has noticed.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { readKeyFiles, rotateKeyFiles } from 'host-parts-example'
import { runPartywall, select, startDemoDatabase, type DemoDatabase } from 'host-parts-example/demo'
import { seed } from '../src/seed/seed.ts'
import { tokenNames } from '../src/tokens.ts'
import { startProcess, type HostProcess } from '../test/start-process.ts'
import { startLoad, type LoadResult } from './load.ts'
import { startReadinessProxy } from './readiness-proxy.ts'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '2' },
    notice: { type: 'string', default: '1000' },
  },
})
const directory = await mkdtemp(path.join(tmpdir(), 'flakeguard-keys-'))
const files = { directory, ...tokenNames }

await using database = await startDemoDatabase({
  name: 'flakeguard',
  schema: new URL('../database/schema.sql', import.meta.url),
})
const { userId, repositoryId } = await convert(database)
const env = {
  FLAKEGUARD_JWKS_URL: await rotateKeyFiles(files),
  APP_DATABASE_URL: await database.login('flakeguard_app', 'partywall_flakeguard_app'),
  OPERATOR_DATABASE_URL: await database.login('flakeguard_operator', 'partywall_flakeguard_operator'),
  SHUTDOWN_NOTICE_MS: values.notice,
}
const token = await (await readKeyFiles(files)).issue(userId)

await using proxy = await startReadinessProxy()
const nodes: HostProcess[] = []
for (const at of [0, 1]) await startNode(at)
const load = startLoad({
  origin: proxy.origin,
  clients: Number(values.clients),
  headers: { authorization: `Bearer ${token}`, 'x-organization': 'default' },
  requests: [
    { path: '/repositories' },
    { path: `/repositories/${repositoryId}` },
    { path: '/tasks', body: { repositoryId, title: 'Under load' } },
    { path: '/v1/organization/members' },
  ],
})
await delay(1_000)
for (let round = 1; round <= Number(values.rounds); round += 1) {
  for (const at of [0, 1]) await restart(at, round)
}
await delay(1_000)
const result = await load.stop()
const written = await countWritten(database)
report(result, written)
for (const node of nodes) await node[Symbol.asyncDispose]()
await rm(directory, { recursive: true })
process.exitCode = result.failed.size === 0 ? 0 : 1

async function convert({ ownerUrl }: DemoDatabase): Promise<{ userId: string; repositoryId: string }> {
  await seed(ownerUrl, { scale: 0.1, seed: 1 })
  const place = { directory: path.join(import.meta.dirname, '..'), databaseUrl: ownerUrl, quiet: true }
  await runPartywall(place, ['apply', '--to', 'contract', '--yes'])
  await runPartywall(place, ['members', 'import', '--yes'])
  const [user] = await select<{ id: string }>(
    ownerUrl,
    `select user_id as id from partywall.memberships where role = 'owner'`,
  )
  const [repository] = await select<{ id: string }>(ownerUrl, 'select "id" from "Repository" order by 1 limit 1')
  return { userId: user?.id ?? '', repositoryId: repository?.id ?? '' }
}

async function startNode(at: number): Promise<void> {
  const node = await startProcess(env)
  nodes[at] = node
  proxy.place(at, node.origin)
  await proxy.readyAt(at)
}

async function restart(at: number, round: number): Promise<void> {
  const began = performance.now()
  nodes[at]?.child.kill('SIGTERM')
  const code = await nodes[at]?.ended
  const stoppedMs = Math.round(performance.now() - began)
  await startNode(at)
  const totalMs = Math.round(performance.now() - began)
  console.log(
    `round ${round}, node ${at + 1}: ended with ${code} after ${stoppedMs} ms, takes requests after ${totalMs} ms`,
  )
}

async function countWritten({ ownerUrl }: DemoDatabase): Promise<number> {
  const [row] = await select<{ count: number }>(
    ownerUrl,
    `select count(*)::integer as count from "Task" where "title" = 'Under load'`,
  )
  return row?.count ?? 0
}

function report({ answered, failed, durationsMs }: LoadResult, written: number): void {
  const quantile = (part: number): string => (durationsMs[Math.floor(durationsMs.length * part)] ?? 0).toFixed(1)
  const failures = [...failed].map(([what, count]) => `${count} times ${what}`).join(', ')
  const total = [...failed.values()].reduce((sum, count) => sum + count, 0)
  console.log(`${answered} requests by ${values.clients} clients, ${written} tasks written`)
  console.log(`p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, longest ${(durationsMs.at(-1) ?? 0).toFixed(1)} ms`)
  console.log(`${total} failed${failures === '' ? '' : `: ${failures}`}`)
}
