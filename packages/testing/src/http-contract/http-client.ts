import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** An answer of a host, its JSON parsed. */
export interface HttpAnswer {
  readonly status: number
  readonly type: string | null
  readonly headers: Headers
  readonly body: unknown
}

export async function call(url: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const { status, headers, ...response } = await fetchWhole(url, init)
  const type = headers.get('content-type')
  const body: unknown = type?.includes('json') && response.text !== '' ? JSON.parse(response.text) : response.text
  return { status, type, headers, body }
}

async function fetchWhole(url: string, init: RequestInit): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, init)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** The headers of a user who asks for an organization. */
export function as(user: string, organization: string): Record<string, string> {
  return { authorization: `Bearer token-of-${user}`, 'x-organization': organization }
}

/** Sends requests at once over one connection, as a client may that does not wait for answers, and gives what comes. */
export async function pipelined(
  origin: string,
  requests: readonly (readonly [path: string, user: string, slug: string])[],
): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const heads = requests.map(([path, user, slug], at) => {
    const connection = at === requests.length - 1 ? 'close' : 'keep-alive'
    const headers = Object.entries({ host: 'test', connection, ...as(user, slug) })
    return `GET ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  })
  socket.write(heads.join(''))
  // Until the buffers are full, so that the streams have to wait for the socket.
  await sleep(200)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

/** A request whose headers are sent as they stand: twice, or with a host of others. */
export interface RawRequest {
  readonly path: string
  readonly method?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** An answer of a host, its JSON parsed. */
export interface RawAnswer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

export async function rawCall(
  origin: string,
  { path, method = 'GET', headers = [], body }: RawRequest,
): Promise<RawAnswer> {
  const host = headers.some(([name]) => name === 'Host') ? [] : ['Host', new URL(origin).host]
  const length = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  const request = httpRequest(origin, {
    path,
    method,
    agent: false,
    setHost: false,
    // Names and values in turn: an object could not hold a name twice.
    headers: [...host, ...headers.flat(), ...length],
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const text = (await response.toArray()).map(String).join('')
  const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== ''
  return { status: response.statusCode, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text }
}
