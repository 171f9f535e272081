import type { Route } from '@partywall/tenancy-core/http'
import type { Sample } from './sample.ts'
import { sessionToken } from './session-token.ts'

/** In front of every route. */
export const prefix = '/v1'

/** An answer, its JSON parsed. */
export interface AttackAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: unknown
  readonly code: string | undefined
}

/** Who asks: headers, whatever they claim. */
export type Credentials = Readonly<Record<string, string>>

export function asUser(userId: string, organization?: string): Credentials {
  return asBearer(sessionToken(userId), organization)
}

export function asBearer(token: string, organization?: string): Credentials {
  return {
    authorization: `Bearer ${token}`,
    ...(organization === undefined ? {} : { 'x-organization': organization }),
  }
}

/** Sends a request on a route. */
export async function send(
  origin: string,
  { route, sample, who }: { readonly route: Pick<Route, 'method'>; readonly sample: Sample; readonly who: Credentials },
): Promise<AttackAnswer> {
  const json = sample.body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${origin}${prefix}${sample.path}`, {
    method: route.method,
    headers: { ...json, ...sample.headers, ...who },
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

/** What two answers must have alike that nobody may tell apart: all but the time and the name of the request. */
export function told({ status, headers, text }: AttackAnswer): unknown {
  const { date: _, 'content-length': __, ...rest } = headers
  return { status, headers: rest, text: text.replace(/"requestId":"[^"]*"/, '') }
}
