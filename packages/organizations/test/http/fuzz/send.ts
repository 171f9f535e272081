import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FuzzRequest } from './fuzz-request.ts'

/** What came back: `status` 0 for a connection that was closed without an answer. */
export interface FuzzAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
}

const agent = new Agent({ keepAlive: false })

/** Sends a request over a connection of its own: a host may close one after what it could not read. */
export async function sendRequest(port: number, { method, target, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<FuzzAnswer>()
  const flat = headers.flatMap(([name, value]) => [name, value])
  const length = body === undefined ? [] : ['content-length', String(body.length)]
  const host = headers.some(([name]) => name === 'host') ? [] : ['host', 'fuzz']
  const sent = httpRequest({
    port,
    host: '127.0.0.1',
    method,
    path: target,
    headers: [...host, ...flat, ...length],
    agent,
    timeout: 10_000,
  })
  sent.on('timeout', () => sent.destroy(new Error('No answer in 10 s.')))
  sent.on('error', reject)
  sent.on('response', (response) => {
    text(response).then(
      (read) => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: read }),
      reject,
    )
  })
  sent.end(body)
  return await promise
}

/** Sends bytes over a connection of their own, and gives every answer that comes until it is closed. */
export async function sendWire(port: number, wire: Buffer): Promise<readonly FuzzAnswer[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.setTimeout(1500, () => socket.destroy())
  socket.end(wire)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer)
  } catch {
    // A host that closes in the middle of what it is sent.
  }
  const read = Buffer.concat(chunks).toString('latin1')
  return [...read.matchAll(/^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n([^]*?)(?=^HTTP\/1\.1 \d{3}|$(?![^]))/gm)].map(
    ([, status, rest = '']) => ({
      status: Number(status),
      // Its text has headers, and one without a body is not told from one that was cut.
      type: '',
      text: rest,
    }),
  )
}
