import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import type { BenchDatabase, Size } from './bench-database.ts'
import { quantile } from './quantile.ts'

/** A host in a process of its own. */
export interface RunningHost {
  readonly name: string
  readonly origin: string
  readonly size: Size
  readonly child: ChildProcess
}

/** One slice: requests a second, and latencies in milliseconds. */
export interface Slice {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

const program = fileURLToPath(new URL('./host.ts', import.meta.url))

/** Starts a host; `name` tells it from others of its kind. */
export async function startHost(
  { name, kind }: { readonly name: string; readonly kind: string },
  { size, rawUrl, appUrl }: BenchDatabase,
  connections: number,
): Promise<RunningHost> {
  const url = ['bare', 'prepared', 'pipelined'].includes(kind) ? rawUrl : appUrl
  const argv = [...process.execArgv, program, kind, url, String(connections)]
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { name, origin: String(line).trim(), size, child }
}

/** Drives a host for a while. Users, organizations and rows are drawn at random. @throws {Error} for any answer but 200. */
export async function measure(
  { name, origin, size }: RunningHost,
  { concurrency, sliceMs }: { readonly concurrency: number; readonly sliceMs: number },
): Promise<Slice> {
  // The latencies of autocannon's own result are whole milliseconds.
  const latencies: number[] = []
  const refused: number[] = []
  const requests = Array.from({ length: 500 }, () => requestOf(size))
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>()
  const options = { url: origin, connections: concurrency, duration: sliceMs / 1000, requests }
  const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
  const started = performance.now()
  let ended = started
  // As autocannon calls it.
  // oxlint-disable-next-line max-params
  run.on('response', (_client, status, _bytes, latencyMs) => {
    ended = performance.now()
    if (status === 200) latencies.push(latencyMs)
    else refused.push(status)
  })
  const { errors } = await promise
  if (errors > 0 || refused.length > 0) {
    throw new Error(`${name}: ${errors} errors, ${refused.length} answers that were not 200, such as ${refused[0]}.`)
  }
  const perSecond = latencies.length / ((ended - started) / 1000)
  return { perSecond, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

function requestOf({ organizations, members, rows }: Size): autocannon.Request {
  const organization = 1 + Math.floor(Math.random() * organizations)
  const user = `user-${organization}-${1 + Math.floor(Math.random() * members)}`
  const id = createHash('md5')
    .update(`run ${organization} ${1 + Math.floor(Math.random() * rows)}`)
    .digest('hex')
  return {
    method: 'GET',
    path: `/test-runs/${id}`,
    headers: { authorization: `Bearer ${user}`, 'x-organization': `organization-${organization}` },
  }
}
