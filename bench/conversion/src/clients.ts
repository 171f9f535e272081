/**
 * The service: a process of its own, so that neither the tool's work nor its garbage counts as somebody's wait. Takes
 * orders from its parent and answers each with what was measured since the last.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createTenancy } from '@partywall/tenancy-core'
import { Pool } from 'pg'
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts'
import { drawRequest, type Request, type Subjects } from './workload.ts'

/** What the parent asks for. */
export type Order =
  | {
      readonly type: 'start'
      readonly ownerUrl: string
      readonly clients: number
      readonly thinkMs: number
      readonly subjects: Subjects
    }
  /** Moves client after client to the application's login and the tenant scope; answered when the last has moved. */
  | { readonly type: 'cut-over'; readonly appUrl: string; readonly organizationId: string }
  | { readonly type: 'report' }
  | { readonly type: 'stop' }

/** What was measured since the last report. */
export interface LoadReport {
  readonly reads: LatencySummary
  readonly writes: LatencySummary
  /** Statements that waited longest, with what they were and when. */
  readonly longestWrite: { readonly text: string; readonly at: string } | null
  readonly failures: readonly string[]
}

interface Connection {
  query(text: string, values: unknown[]): Promise<unknown>
  release(): void
}

/** A way to the database: the old one, or the new one inside of a tenant's scope. */
interface Path {
  connect(): Promise<Connection>
  within<Result>(work: () => Promise<Result>): Promise<Result>
  end(): Promise<void>
}

class Load {
  #reads = new LatencyHistogram()
  #writes = new LatencyHistogram()
  #longest = { latencyMs: 0, text: '', at: '' }
  #failures: string[] = []
  readonly #paths: Path[] = []
  readonly #running: Promise<void>[] = []
  #isOver = false

  start({ ownerUrl, clients, thinkMs, subjects }: Order & { type: 'start' }): void {
    const old = oldPath(ownerUrl, clients)
    for (let client = 0; client < clients; client += 1) {
      this.#paths.push(old)
      this.#running.push(this.#serve(client, { thinkMs, subjects }))
    }
  }

  async cutOver({ appUrl, organizationId }: Order & { type: 'cut-over' }): Promise<void> {
    const [old] = this.#paths
    const scoped = newPath(appUrl, { organizationId, max: this.#paths.length })
    for (const client of this.#paths.keys()) {
      this.#paths[client] = scoped
      await sleep(50)
    }
    await old?.end()
  }

  report(): LoadReport {
    const { text, at } = this.#longest
    const report: LoadReport = {
      reads: this.#reads.summary(),
      writes: this.#writes.summary(),
      longestWrite: text === '' ? null : { text, at },
      failures: this.#failures,
    }
    this.#reads = new LatencyHistogram()
    this.#writes = new LatencyHistogram()
    this.#longest = { latencyMs: 0, text: '', at: '' }
    this.#failures = []
    return report
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#running)
    await this.#paths[0]?.end()
  }

  async #serve(client: number, { thinkMs, subjects }: { thinkMs: number; subjects: Subjects }): Promise<void> {
    while (!this.#isOver) {
      const path = this.#paths[client] as Path
      try {
        await path.within(() => this.#send(path, drawRequest(subjects)))
      } catch (error) {
        const { message, code } = error as Error & { code?: string }
        this.#failures.push(`${code ?? ''} ${message}`.trim())
      }
      await sleep(thinkMs * (0.5 + Math.random()))
    }
  }

  async #send(path: Path, request: Request): Promise<void> {
    const connection = await path.connect()
    try {
      if (request.length > 1) await connection.query('begin', [])
      for (const { text, values, isWrite } of request) {
        const sentAt = performance.now()
        await connection.query(text, [...values])
        this.#record(text, { latencyMs: performance.now() - sentAt, isWrite })
      }
      if (request.length > 1) await connection.query('commit', [])
    } catch (error) {
      if (request.length > 1) await connection.query('rollback', []).catch(() => undefined)
      throw error
    } finally {
      connection.release()
    }
  }

  #record(text: string, { latencyMs, isWrite }: { latencyMs: number; isWrite: boolean }): void {
    ;(isWrite ? this.#writes : this.#reads).record(latencyMs)
    if (isWrite && latencyMs > this.#longest.latencyMs)
      this.#longest = { latencyMs, text, at: new Date().toISOString() }
  }
}

function oldPath(connectionString: string, max: number): Path {
  const pool = new Pool({ connectionString, max, application_name: 'flakeguard before' })
  return { connect: () => pool.connect(), within: (work) => work(), end: () => pool.end() }
}

function newPath(connectionString: string, { organizationId, max }: { organizationId: string; max: number }): Path {
  const tenancy = createTenancy({ pool: { connectionString, max, application_name: 'flakeguard after' } })
  return {
    connect: () => tenancy.pool.connect(),
    within: (work) => tenancy.run({ organizationId, actor: { type: 'system', id: 'bench' } }, work),
    end: () => tenancy.close(),
  }
}

const load = new Load()

async function obey(order: Order): Promise<void> {
  if (order.type === 'start') load.start(order)
  if (order.type === 'cut-over') await load.cutOver(order)
  if (order.type === 'stop') await load.stop()
  process.send?.(load.report())
  if (order.type === 'stop') process.disconnect()
}

process.on('message', (order) => void obey(order as Order))
