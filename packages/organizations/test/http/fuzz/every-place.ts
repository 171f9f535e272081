import * as z from 'zod'
import type { Route } from '@partywall/tenancy-core/http'
import type { Credentials } from '@partywall/testing/http-attacks'
import { prefix } from '../attack-client.ts'
import type { Cast } from '../cast.ts'
import { sampleOf } from '../sample.ts'
import type { FuzzRequest } from './fuzz-request.ts'
import { nastyTexts } from './nasty-values.ts'

/** The right request of an owner, with one value in one place of it, for the organization that it is sent to. */
export type PlaceRequest = (cast: Cast, owner: Credentials) => FuzzRequest

const values: readonly unknown[] = [...nastyTexts, 0, -1, 1.5, 2 ** 53, 1e308, null, true, [], {}, [''], { a: 1 }]

/** Each nasty value in each place where a route takes one: every parameter, filter, header and property. */
export function everyPlace(routes: readonly Route[]): readonly PlaceRequest[] {
  return routes.flatMap((route) =>
    values.flatMap((value) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return [
        ...[...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => inPath(route, { name, text })),
        ...queryNames(route).map((name) => inQuery(route, { name, text })),
        ...headerNames(route).map((name) => inHeaders(route, { name, text })),
        ...namesOf(route.body).map((name) => inBody(route, { name, value })),
      ]
    }),
  )
}

interface Placed {
  readonly name: string
  readonly text: string
}

function namesOf(schema: z.ZodType): readonly string[] {
  if (schema instanceof z.ZodUnknown) return []
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.keys(properties)
}

function queryNames(route: Route): readonly string[] {
  return [...namesOf(route.query), ...(route.list === undefined ? [] : ['limit', 'cursor'])]
}

function headerNames({ ifMatch, idempotent, version, scope }: Route): readonly string[] {
  return [
    ...(scope === 'organization' ? ['x-organization'] : []),
    ...(ifMatch === undefined ? [] : ['if-match']),
    ...(idempotent === true ? ['idempotency-key'] : []),
    ...(version === undefined ? [] : ['if-none-match']),
  ]
}

interface Parts {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>> | undefined
}

function changed(route: Route, change: (parts: Parts) => Parts): PlaceRequest {
  return (cast, owner) => {
    const sample = sampleOf(route, cast)
    const { path, headers, body } = change({ ...sample, headers: { ...sample.headers, ...owner } })
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    return {
      method: route.method,
      target: prefix + path,
      headers: Object.entries({ ...headers, ...json }),
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
    }
  }
}

function inPath(route: Route, { name, text }: Placed): PlaceRequest {
  const at = route.path.split('/').indexOf(`:${name}`)
  const escaped = encodeURIComponent(text.toWellFormed())
  return changed(route, (parts) => ({ ...parts, path: parts.path.split('/').with(at, escaped).join('/') }))
}

function inQuery(route: Route, { name, text }: Placed): PlaceRequest {
  return changed(route, (parts) => ({
    ...parts,
    path: `${parts.path}?${name}=${encodeURIComponent(text.toWellFormed())}`,
  }))
}

function inHeaders(route: Route, { name, text }: Placed): PlaceRequest {
  const sendable = [...Buffer.from(text)].filter((code) => code > 0x1f && code !== 0x7f)
  const value = Buffer.from(sendable).toString('latin1')
  return changed(route, (parts) => ({ ...parts, headers: { ...parts.headers, [name]: value } }))
}

function inBody(route: Route, { name, value }: { readonly name: string; readonly value: unknown }): PlaceRequest {
  return changed(route, (parts) => ({ ...parts, body: { ...parts.body, [name]: value } }))
}
