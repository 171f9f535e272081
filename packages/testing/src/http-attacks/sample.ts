import type { AttackedRoute, JsonSchema } from './attacked-route.ts'
import type { AttackedOrganization, AttackedSite, Place } from './attacked-site.ts'

/** A request on a route that is right in every part. */
export interface Sample {
  /** The whole path, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** Gives the id for a place; `undefined` where none stands. */
export type IdSource = (place: Place) => string | number | undefined

/** What a sample is made of. */
export interface SampleParts {
  readonly site: Pick<AttackedSite, 'valueFor'>
  readonly ids: IdSource
  /** For whom the values are. */
  readonly organization: AttackedOrganization
}

/**
 * Every place of a route where an id of an organization stands.
 *
 * @example
 * ```ts
 * positionsOf(removal, () => 42).map(({ name }) => name) // ['userId']
 * ```
 */
export function positionsOf(route: AttackedRoute, idFor: IdSource): readonly Place[] {
  return placesOf(route).filter((place) => idFor(place) !== undefined)
}

function placesOf(route: AttackedRoute): readonly Place[] {
  const inPath = [...route.path.matchAll(/{(\w+)}/g)].map(([, name = '']) => ({ route, in: 'path', name }) as const)
  const inQuery = Object.keys(route.filters).map((name) => ({ route, in: 'query', name }) as const)
  const inBody = Object.keys(route.body?.properties ?? {}).map((name) => ({ route, in: 'body', name }) as const)
  return [...inPath, ...inQuery, ...inBody]
}

/**
 * The right request on a route, with the ids of a source.
 *
 * @throws {Error} for a place of which neither the schema nor the site says what is right.
 *
 * @example
 * ```ts
 * const { victim } = await site.organizations()
 * const { path } = sampleOf(removal, { site, ids: () => 42, organization: victim })
 * path // '/v1/organization/members/42'
 * ```
 */
export function sampleOf(route: AttackedRoute, { site, ids, organization }: SampleParts): Sample {
  const right = (place: Place, schema: JsonSchema | undefined): unknown => {
    const given = ids(place) ?? site.valueFor?.(place, organization)
    if (given !== undefined) return given
    const value = schema === undefined ? undefined : valueOf(schema)
    if (value !== undefined) return value
    const where = `${route.method} ${route.path}, ${place.in} ${place.name}`
    throw new Error(`Say in valueFor or idFor what is right for ${where}.`)
  }
  const path = route.path.replaceAll(/{(\w+)}/g, (_, name: string) =>
    encodeURIComponent(textOfValue(right({ route, in: 'path', name }, undefined))),
  )
  const query = new URLSearchParams()
  for (const name of Object.keys(route.filters)) {
    const place = { route, in: 'query', name } as const
    const value = ids(place) ?? site.valueFor?.(place, organization)
    if (value !== undefined) query.set(name, textOfValue(value))
  }
  const properties = route.body?.properties
  const body =
    properties === undefined
      ? undefined
      : Object.entries(properties).map(([name, schema]) => [name, right({ route, in: 'body', name }, schema)] as const)
  return {
    path: query.size === 0 ? path : `${path}?${query.toString()}`,
    headers: route.ifMatch === undefined ? {} : { 'if-match': '*' },
    body: body === undefined ? undefined : Object.fromEntries(body),
  }
}

function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * A source of ids that nothing has, where an organization has some.
 *
 * @example
 * ```ts
 * const ids = unknownIds({}, () => 42)
 * ids({ route: removal, in: 'path', name: 'userId' }) // 2147483000
 * ```
 */
export function unknownIds({ unknownId }: Pick<AttackedSite, 'unknownId'>, idFor: IdSource): IdSource {
  return (place) => {
    const id = idFor(place)
    return id === undefined ? undefined : (unknownId?.(place) ?? likeAnother(id))
  }
}

/** As long, and of the same kind. */
function likeAnother(id: string | number): string | number {
  if (typeof id === 'number') return 2_147_483_000
  if (/^\d+$/.test(id)) return '2147483000'
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id)) return '00000000-0000-4000-8000-000000000000'
  return 'z'.repeat(id.length)
}

/** A value that a schema takes; `undefined` when it does not say enough. */
function valueOf(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.default !== undefined) return schema.default
  if (schema.anyOf !== undefined) return schema.anyOf.map(valueOf).find((one) => one !== undefined && one !== null)
  const type = [schema.type].flat().find((one) => one !== 'null')
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1
  if (type === 'boolean') return true
  if (type === 'array')
    return schema.minItems === undefined || schema.items === undefined ? [] : [valueOf(schema.items)]
  if (type === 'object') return objectOf(schema)
  return type === 'string' ? textOf(schema) : undefined
}

function objectOf({ properties = {}, required = [] }: JsonSchema): object {
  return Object.fromEntries(required.map((name) => [name, valueOf(properties[name] ?? {})]))
}

/** Only where any text will do, or the format says which. */
function textOf({ format, minLength = 0 }: JsonSchema & { readonly pattern?: string }): string | undefined {
  if (format === 'date-time') return '2099-01-01T00:00:00Z'
  if (format === 'date') return '2099-01-01'
  if (format === 'email') return 'somebody@example.com'
  if (format === 'uuid') return '00000000-0000-4000-8000-000000000000'
  return format === undefined ? 'attacked'.padEnd(minLength, 'x') : undefined
}
