import fc from 'fast-check'
import type { Route } from '@partywall/tenancy-core/http'
import type { Credentials } from '@partywall/testing/http-attacks'
import { asBearer, asUser, prefix } from '../attack-client.ts'
import type { Cast } from '../cast.ts'
import { sampleOf } from '../sample.ts'
import type { FuzzRequest } from './fuzz-request.ts'
import { nastyBody, nastyJson, nastyText } from './nasty-values.ts'

/** Without the small numbers that are drawn more often otherwise, and would be the same place. */
const anyPlace = fc.noBias(fc.nat())

type Change = (request: FuzzRequest) => FuzzRequest

/** Requests that are right on a route, but for one to four things. */
export function drawRequest(routes: readonly Route[], cast: Cast): fc.Arbitrary<FuzzRequest> {
  const right = fc
    .tuple(fc.constantFrom(...routes), fc.constantFrom(...callersOf(cast)))
    .map(([route, who]) => rightRequest(route, cast, who))
  // One at most times: what is wrong in two places is refused at the first of them.
  const changes = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(change()) },
    { weight: 1, arbitrary: fc.array(change(), { minLength: 2, maxLength: 4 }) },
  )
  return fc.tuple(right, changes).map(([request, made]) => made.reduce((changed, one) => one(changed), request))
}

function rightRequest(route: Route, cast: Cast, who: Credentials): FuzzRequest {
  const { path, headers, body } = sampleOf(route, cast)
  return {
    method: route.method,
    target: prefix + path,
    headers: Object.entries({
      ...headers,
      ...who,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }),
    body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
  }
}

function callersOf({ people, slug, keys }: Cast): readonly Credentials[] {
  const owner = asUser(people.owner, slug)
  return [
    ...Array.from({ length: 8 }, () => owner),
    asUser(people.viewer, slug),
    asUser(people.invitee),
    asUser('stranger', slug),
    asBearer(keys.full),
    {},
  ]
}

function change(): fc.Arbitrary<Change> {
  return fc.oneof(
    { weight: 4, arbitrary: bodyProperty() },
    { weight: 2, arbitrary: wholeBody() },
    { weight: 3, arbitrary: pathSegment() },
    { weight: 2, arbitrary: query() },
    { weight: 3, arbitrary: header() },
    { weight: 1, arbitrary: method() },
  )
}

/** A property of the body becomes something else, goes, or is joined by another. */
function bodyProperty(): fc.Arbitrary<Change> {
  return fc
    .tuple(anyPlace, fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add'), nastyText, nastyJson)
    .map(([at, how, name, value]) => (request) => {
      const body = parsedBody(request.body)
      const names = Object.keys(body)
      const chosen = names[at % Math.max(names.length, 1)] ?? name
      const { [chosen]: _, ...rest } = body
      const changed = how === 'remove' ? rest : { ...body, [how === 'add' ? name : chosen]: value }
      return withBody(request, Buffer.from(JSON.stringify(changed) ?? ''))
    })
}

function wholeBody(): fc.Arbitrary<Change> {
  return fc
    .oneof(
      nastyBody,
      nastyJson.map((value) => Buffer.from(JSON.stringify(value) ?? '')),
    )
    .map((body) => (request) => withBody(request, body))
}

function pathSegment(): fc.Arbitrary<Change> {
  const text = fc.tuple(nastyText, fc.boolean()).map(([one, escaped]) => (escaped ? encoded(one) : inTarget(one)))
  return fc
    .tuple(anyPlace, text, fc.constantFrom('replace', 'replace', 'replace', 'insert', 'append'))
    .map(([at, segment, how]) => (request) => {
      const [path = '', ...rest] = request.target.split('?')
      const segments = path.split('/')
      const ids = segments.flatMap((one, index) => (/\d/.test(one) && index > 2 ? [index] : []))
      // Where an id stands, for it is looked for; elsewhere now and then, for there is little to be found.
      const place = at % 4 === 0 ? at % segments.length : (ids.at(-1) ?? segments.length - 1)
      const changed =
        how === 'append' ? [...segments, segment] : segments.toSpliced(place, how === 'insert' ? 0 : 1, segment)
      return { ...request, target: [changed.join('/'), ...rest].join('?') }
    })
}

function query(): fc.Arbitrary<Change> {
  const name = fc.oneof(
    fc.constantFrom('limit', 'cursor', 'role', 'status', 'graceDays', 'a[b]', '__proto__', 'a[]'),
    nastyText,
  )
  const pairs = fc.array(fc.tuple(name, nastyText), { minLength: 1, maxLength: 4 })
  return fc.tuple(pairs, fc.boolean()).map(([all, escaped]) => (request) => {
    const part = escaped ? encoded : inTarget
    const text = all.map(([left, right]) => `${part(left)}=${part(right)}`).join('&')
    return { ...request, target: `${request.target}${request.target.includes('?') ? '&' : '?'}${text}` }
  })
}

const headerNames =
  'authorization x-organization idempotency-key if-match if-none-match content-type accept content-encoding ' +
  'accept-encoding expect x-forwarded-for x-http-method-override cookie range host'

const headerTexts = [
  'application/json; charset=utf-16',
  'application/json;',
  'multipart/form-data; boundary=x',
  'application/problem+json',
  'gzip',
  'br',
  '100-continue',
  'Bearer',
  'Bearer ',
  'bearer x.y',
  'Basic Og==',
  'W/"1"',
  '"1", "2"',
  '*',
  '"',
  'bytes=0-',
  'DELETE',
]

function header(): fc.Arbitrary<Change> {
  const value = fc.oneof(fc.constantFrom(...headerTexts), nastyText.map(inHeader))
  return fc
    .tuple(fc.constantFrom(...headerNames.split(' ')), value, fc.boolean())
    .map(([name, text, twice]) => (request) => ({
      ...request,
      headers: [...request.headers.filter(([one]) => twice || one !== name), [name, text]],
    }))
}

function method(): fc.Arbitrary<Change> {
  return fc
    .constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY')
    .map((one) => (request) => ({ ...request, method: one }))
}

function withBody(request: FuzzRequest, body: Buffer): FuzzRequest {
  const isJson = request.headers.some(([name]) => name === 'content-type')
  return {
    ...request,
    body,
    headers: isJson ? request.headers : [...request.headers, ['content-type', 'application/json']],
  }
}

function parsedBody(body: Buffer | undefined): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body?.toString() ?? '{}')
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {}
  }
}

/** As a browser would send it; what cannot be encoded goes as it is. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** What may stand in the first line without ending it. */
function inTarget(text: string): string {
  return latin1(text, (code) => code > 0x20 && code !== 0x7f)
}

function inHeader(text: string): string {
  return latin1(text, (code) => (code > 0x1f && code !== 0x7f) || code === 0x09)
}

/** The bytes of a text as characters, those that a client refuses to send left out. */
function latin1(text: string, mayBeSent: (code: number) => boolean): string {
  return Buffer.from(Buffer.from(text).filter(mayBeSent)).toString('latin1')
}
