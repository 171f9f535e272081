import * as z from 'zod'
import type { Route } from '@partywall/tenancy-core/http'
import type { Cast } from './cast.ts'
import { domainOf } from './stage.ts'

/** Where an id stands in a request, and of what it is one. */
export interface Position {
  /** `path:userId` or `body:token` */
  readonly place: string
  readonly kind: IdKind
}

export type IdKind = 'members' | 'invitations' | 'api-keys' | 'domains' | 'organizations' | 'token'

/** A request on a route that is right in every part. */
export interface Sample {
  /** Below the prefix. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** Gives ids for the positions of a request. */
export type IdSource = (position: Position) => string

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly items?: JsonSchema
}

const kindOfProperty: ReadonlyMap<string, IdKind> = new Map([
  ['userId', 'members'],
  ['token', 'token'],
])

/** Every place of a route where an id of an organization's own can stand. */
export function positionsOf(route: Route): readonly Position[] {
  const steps = route.path.split('/')
  const inPath = steps.flatMap((step, at) => {
    if (!step.startsWith(':')) return []
    return [{ place: `path:${step.slice(1)}`, kind: steps[at - 1] as IdKind }]
  })
  const inBody = Object.keys(bodySchemaOf(route)?.properties ?? {}).flatMap((name) => {
    const kind = kindOfProperty.get(name)
    return kind === undefined ? [] : [{ place: `body:${name}`, kind }]
  })
  return [...inPath, ...inBody]
}

/** Texts that a property may have, where any text would be refused. Fresh for each request. */
const texts: ReadonlyMap<string, (marker: string) => unknown> = new Map<string, (marker: string) => unknown>([
  ['email', (marker) => `new-${marker}@mail.test`],
  ['role', () => 'viewer'],
  // Who stays an owner may ask again.
  ['formerRole', () => 'owner'],
  ['name', (marker) => `Renamed ${marker}`],
  ['domain', (marker) => `new-${marker}.test`],
  ['policy', () => 'suggestion'],
  ['label', (marker) => `Label ${marker}`],
  ['slug', (marker) => `renamed-${marker}`],
  ['githubLogin', (marker) => `acme-${marker}`],
  ['emailDomain', () => 'acme.test'],
  ['permissions', () => ['nothing:read']],
  ['status', () => 'suspended'],
  ['expiresAt', () => '2099-01-01T00:00:00Z'],
])

/** The right request on a route, with the ids of a source. @throws for a property of which nobody said what is right. */
export function sampleOf(route: Route, ids: IdSource, marker: string): Sample {
  const byPlace = new Map(positionsOf(route).map((position) => [position.place, ids(position)]))
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(byPlace.get(`path:${name}`) ?? ''),
  )
  const schema = bodySchemaOf(route)
  const body =
    schema === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, property]) => [
            name,
            byPlace.get(`body:${name}`) ?? valueOf({ name, schema: property, marker }),
          ]),
        )
  return { path, headers: route.ifMatch === undefined ? {} : { 'if-match': '*' }, body }
}

/** The ids of an organization, each of which its owner may name. */
export function idsOf(cast: Cast): IdSource {
  return ({ kind }) => {
    if (kind === 'members') return cast.people.member
    if (kind === 'invitations') return cast.invitation.id
    if (kind === 'api-keys') return cast.keys.id
    if (kind === 'domains') return domainOf(cast.marker)
    if (kind === 'organizations') return cast.id
    return cast.invitation.token
  }
}

/** Ids that nothing has. */
export const idsOfNothing: IdSource = ({ kind }) => {
  if (kind === 'members') return 'nobody-at-all'
  if (kind === 'domains') return 'no-such-domain.test'
  if (kind === 'invitations' || kind === 'organizations') return '00000000-0000-4000-8000-000000000000'
  return kind === 'api-keys' ? '0000000000000000' : 'no-token-at-all'
}

function bodySchemaOf({ body }: Route): JsonSchema | undefined {
  if (body instanceof z.ZodUnknown) return undefined
  return z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

function valueOf({ name, schema, marker }: { name: string; schema: JsonSchema; marker: string }): unknown {
  const text = texts.get(name)
  if (text !== undefined) return text(marker)
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  throw new Error(`Say in ${import.meta.filename} what is right for the property "${name}".`)
}
