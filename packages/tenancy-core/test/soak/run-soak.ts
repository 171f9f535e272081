import { setTimeout } from 'node:timers/promises'
import { SoakTally } from './soak-report.ts'
import type { SoakReport } from './soak-report.ts'
import type { SoakOptions, SoakOrganization } from './soak-target.ts'
import { scopedWork, unscopedWork } from './soak-work.ts'

const disturbEveryMs = 20
const settleTimeoutMs = 10_000
const turnTimeoutMs = 10_000
const closeTimeoutMs = 5_000

/**
 * Lets many workers use one pool for many organizations while their statements fail, are cancelled and lose their
 * sessions, and counts what each saw. Then looks whether the pool is whole.
 */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { durationMs, workers = 64 } = options
  const tally = new SoakTally()
  const startedAt = performance.now()
  const running = new AbortController()
  const disturbing = disturb(options, running.signal)
  const worker = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) await takeTurn(options, tally)
  }
  await Promise.all(Array.from({ length: workers }, worker))
  running.abort()
  await disturbing
  await inspectPool(options, tally)
  await serveAtEnd(options, tally)
  await closeTarget(options, tally)
  return tally.report(options, startedAt)
}

async function takeTurn({ target, organizations, only }: SoakOptions, tally: SoakTally): Promise<void> {
  const scoped = Math.random() < 0.9
  const every = Object.entries(scoped ? scopedWork : unscopedWork)
  const [name, work] = pick(only === undefined ? every : every.filter(([known]) => only.includes(known)))
  const own = pick(organizations)
  const turn = { target, tally, own, other: another(organizations, own) }
  try {
    await inTime(scoped ? target.run({ organizationId: own.id }, () => work(turn)) : work(turn))
    tally.ended(name)
  } catch (error) {
    tally.ended(name, error)
  }
}

/** Cancels statements and ends sessions of the login, at random. */
async function disturb(options: SoakOptions, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    const [disturbance, condition] =
      round % 20 === 19 ? ['pg_terminate_backend', 'true'] : ['pg_cancel_backend', `state = 'active'`]
    await options.admin(
      `select ${disturbance}(pid) from (
         select pid from pg_stat_activity where usename = $1 and ${condition} order by random() limit 1
       ) victim`,
      [options.login],
    )
    await setTimeout(disturbEveryMs)
  }
}

/** Every connection is back, and the server has no transaction of ours open. */
async function inspectPool({ target, admin, login }: SoakOptions, tally: SoakTally): Promise<void> {
  const { pool } = target
  const deadline = performance.now() + settleTimeoutMs
  const isWhole = (): boolean => pool.waitingCount === 0 && pool.totalCount === pool.idleCount
  while (!isWhole() && performance.now() < deadline) await setTimeout(20)
  tally.lostConnections += pool.totalCount - pool.idleCount + pool.waitingCount
  const sql = `select pid from pg_stat_activity where usename = $1 and state like 'idle in transaction%'`
  let open = await admin(sql, [login])
  // A connection that was closed takes the server a moment.
  while (open.length > 0 && performance.now() < deadline) {
    await setTimeout(20)
    open = await admin(sql, [login])
  }
  tally.lostConnections += open.length
}

async function serveAtEnd({ target, organizations }: SoakOptions, tally: SoakTally): Promise<void> {
  const asked = organizations.slice(0, 100)
  const one = async ({ id, repositoryId }: SoakOrganization): Promise<void> => {
    const sql = 'select org_id from repositories where id = $1'
    const { rows } = await inTime(target.run({ organizationId: id }, () => target.pool.query(sql, [repositoryId])))
    tally.rows(rows, id, 1)
    tally.servedAtEnd.served += 1
  }
  tally.servedAtEnd.asked = asked.length
  // A session that was ended last may be in the pool still, once for each connection.
  for (const organization of asked)
    await one(organization)
      .catch(async () => await one(organization))
      .catch(() => {})
}

/** A pool that has lost a client waits for it; one that has lost a connection leaves its session to the server. */
async function closeTarget({ target, admin, login, pooled }: SoakOptions, tally: SoakTally): Promise<void> {
  // Ends by its clock even when nothing else is left that could happen.
  const clock = new AbortController()
  const closed = target.close().then(() => true)
  const expired = setTimeout(closeTimeoutMs, false, { signal: clock.signal })
  if (!(await Promise.race([closed, expired]))) tally.lostConnections += 1
  clock.abort()
  await expired.catch(() => {})
  if (pooled) return
  const sessions = async (): Promise<number> =>
    (await admin('select from pg_stat_activity where usename = $1', [login])).length
  const deadline = performance.now() + settleTimeoutMs
  while ((await sessions()) > 0 && performance.now() < deadline) await setTimeout(20)
  tally.lostConnections += await sessions()
}

/** A pool that has lost its connections answers nobody, ever. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const clock = new AbortController()
  const expired = setTimeout(turnTimeoutMs, undefined, { signal: clock.signal }).then(() => {
    throw Object.assign(new Error(`no answer after ${turnTimeoutMs} ms`), { code: 'GAVE_UP' })
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    clock.abort()
    await expired.catch(() => {})
  }
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T
}

function another(organizations: readonly SoakOrganization[], own: SoakOrganization): SoakOrganization {
  const other = pick(organizations)
  return other === own ? another(organizations, own) : other
}
