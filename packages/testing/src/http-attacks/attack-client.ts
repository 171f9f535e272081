import type { AttackedRoute } from './attacked-route.ts'
import type { Credentials } from './attacked-site.ts'
import type { Sample } from './sample.ts'

/** An answer, its JSON parsed. */
export interface AttackAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: unknown
  /** Of a problem document. */
  readonly code: string | undefined
}

/**
 * Sends a request on a route.
 *
 * @example
 * ```ts
 * const { status } = await send(origin, { route, sample, who: {} }) // { status: 401 }
 * ```
 */
export async function send(
  origin: string,
  {
    route,
    sample,
    who,
  }: { readonly route: Pick<AttackedRoute, 'method'>; readonly sample: Sample; readonly who: Credentials },
): Promise<AttackAnswer> {
  const json = sample.body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${origin}${sample.path}`, {
    method: route.method,
    headers: { ...json, ...sample.headers, ...who },
    redirect: 'manual',
    ...(sample.body === undefined ? {} : { body: JSON.stringify(sample.body) }),
  })
  const text = await response.text()
  const body: unknown = /json/.test(response.headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : text
  const { code } = (typeof body === 'object' && body !== null ? body : {}) as { code?: unknown }
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    body,
    code: response.status >= 400 && typeof code === 'string' ? code : undefined,
  }
}

/** Of each request alone, or of the moment; a tag is a digest of the text, which is compared itself. */
const incidental = new Set(['date', 'content-length', 'etag', 'x-request-id', 'request-id', 'x-correlation-id'])

/**
 * What two answers must have alike that nobody may tell apart: all but the time, the name of the request, and what was asked for.
 *
 * @example
 * ```ts
 * const [acme, globex] = [await send(origin, { route, sample, who: {} }), await send(origin, { route, sample, who: {} })]
 * isDeepStrictEqual(told(acme, 'acme'), told(globex, 'globex')) // true
 * ```
 */
export function told({ status, headers, text }: AttackAnswer, ...asked: readonly string[]): unknown {
  const rest = Object.entries(headers).filter(([name]) => !incidental.has(name))
  const longestFirst = asked.filter((one) => one !== '').toSorted((a, b) => b.length - a.length)
  const plain = longestFirst.reduce((left, one) => left.replaceAll(one, '…'), text)
  return { status, headers: Object.fromEntries(rest), text: plain.replace(/"requestId":"[^"]*"/, '') }
}
