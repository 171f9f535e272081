/** Converts FlakeGuard while a service reads and writes it. Ends with 1 when a promise of the conversion is broken. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  applyPlan,
  openSession,
  readConversion,
  resolveConfig,
  type OpenSession,
  type Phase,
  type Plan,
} from '@partywall/rls-migrations'
import { createAppLogin } from '@partywall/testing'
import { createBenchDatabase, type BenchDatabase } from './bench-database.ts'
import type { LoadReport, Order } from './clients.ts'
import { judge, reportText, type Stage } from './report.ts'
import { ScanWatch } from './scan-watch.ts'

const { values } = parseArgs({
  options: {
    results: { type: 'string', default: '200000' },
    clients: { type: 'string', default: '16' },
    'think-ms': { type: 'string', default: '20' },
    'lead-in-s': { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
})
const leadInMs = Number(values['lead-in-s']) * 1000
const say = (text: string): void => void process.stderr.write(`${text}\n`)

say(`Filling FlakeGuard with ${values.results} test results`)
await using database = await createBenchDatabase(Number(values.results))
const service = fork(join(import.meta.dirname, 'clients.ts'))
const outcome = await convertUnderLoad(database, service)
const verdict = judge(outcome)
process.stdout.write(values.json ? `${JSON.stringify({ ...verdict, ...outcome })}\n` : reportText(outcome, verdict))
process.exitCode = verdict.ok ? 0 : 1

interface Outcome {
  readonly testResults: number
  readonly stages: readonly Stage[]
  readonly scans: number
  readonly violations: readonly string[]
}

async function convertUnderLoad(
  { ownerUrl, adminUrl, subjects, testResults }: BenchDatabase,
  clients: ChildProcess,
): Promise<Outcome> {
  await using session = await openSession({ url: ownerUrl, applicationName: 'partywall apply' })
  await using watcher = await openSession({ url: ownerUrl, applicationName: 'partywall lock' })
  const watch = await ScanWatch.over(session)
  const { plan } = await readConversion(
    session,
    resolveConfig({ tenantColumn: 'orgId', users: { table: 'User' }, tables: { skipped: ['Session', 'ApiToken'] } }),
  )
  const stages: Stage[] = []
  const stage = async (name: string, work: () => Promise<Order>): Promise<void> => {
    say(name)
    const startedAt = performance.now()
    const load = await ask(clients, await work())
    stages.push({ name, durationMs: performance.now() - startedAt, load })
  }
  const apply = (to: Phase) => async (): Promise<Order> => {
    await applyPlan({ session: watch.session, plan, to, watcher })
    return { type: 'report' }
  }
  await ask(clients, {
    type: 'start',
    ownerUrl,
    clients: Number(values.clients),
    thinkMs: Number(values['think-ms']),
    subjects,
  })
  await stage('undisturbed', async () => (await sleep(leadInMs), { type: 'report' }))
  await stage('expand', apply('expand'))
  await stage('cut over', async () => cutOver(session, plan, adminUrl))
  await stage('contract', apply('contract'))
  await stage('enforce', apply('enforce'))
  await stage('converted', async () => (await sleep(leadInMs), { type: 'stop' }))
  return { testResults, stages, scans: watch.scanned, violations: watch.violations }
}

async function cutOver(session: OpenSession, plan: Plan, adminUrl: string): Promise<Order> {
  const login = await createAppLogin(adminUrl, { memberOf: [plan.settings.roles.app] })
  const { rows } = await session.query<{ id: string }>(
    'select id::text as id from partywall.organizations where is_default',
  )
  return { type: 'cut-over', appUrl: login.url, organizationId: rows[0]?.id ?? '' }
}

async function ask(clients: ChildProcess, order: Order): Promise<LoadReport> {
  const answered = once(clients, 'message')
  clients.send(order)
  const [report] = await answered
  return report as LoadReport
}
