import type { Json } from '@partywall/tenancy-core/http'
import * as z from 'zod'

/** A schema of the document. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly items?: JsonSchema
}

/** What the document says of the answers of one status. */
export interface DescribedResponse {
  readonly description: string
  /** By content type. */
  readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>>
}

/** A route that is attacked: what an OpenAPI document of Partywall says of it. */
export interface AttackedRoute {
  /** In capitals. */
  readonly method: string
  /** The whole path, with `{name}` for parameters. */
  readonly path: string
  /** Whether it asks for an organization, for a person, or for nobody. */
  readonly scope: 'organization' | 'user' | 'public'
  /** What it asks of the role of a member. */
  readonly permission: string | undefined
  /** Takes cursors. */
  readonly isList: boolean
  /** Takes `Idempotency-Key`. */
  readonly isIdempotent: boolean
  /** Takes `If-Match`, or asks for it. */
  readonly ifMatch: 'required' | 'optional' | undefined
  /** The names of its filters, with their schemas. */
  readonly filters: Readonly<Record<string, JsonSchema>>
  readonly body: JsonSchema | undefined
  readonly responses: Readonly<Record<string, DescribedResponse>>
}

interface Parameter {
  readonly $ref?: string
  readonly name?: string
  readonly in?: string
  readonly required?: boolean
  readonly schema?: JsonSchema
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly security?: readonly unknown[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>> }
  readonly responses?: Readonly<Record<string, Partial<DescribedResponse>>>
  readonly 'x-permission'?: string
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

const organizationReference = '#/components/parameters/Organization'

/**
 * The routes of an OpenAPI document that Partywall made, or that has the same parts: the parameter `Organization` on routes of an
 * organization, and `x-permission`.
 *
 * @example
 * ```ts
 * const routes = routesOfDocument(document)
 * routes.some(({ method, path }) => `${method} ${path}` === 'GET /v1/organization') // true
 * ```
 */
export function routesOfDocument(document: Json): readonly AttackedRoute[] {
  const paths = (document['paths'] ?? {}) as Paths
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => routeOf({ path, method: method.toUpperCase(), operation })),
  )
}

/** The header in which a request names its organization. */
export function organizationHeaderOf(document: Json): string {
  const { parameters } = (document['components'] ?? {}) as { parameters?: { Organization?: Parameter } }
  return (parameters?.Organization?.name ?? 'X-Organization').toLowerCase()
}

function routeOf({
  path,
  method,
  operation,
}: {
  readonly path: string
  readonly method: string
  readonly operation: Operation
}): AttackedRoute {
  const { parameters = [], security, requestBody, responses = {} } = operation
  const inside = parameters.some(({ $ref }) => $ref === organizationReference)
  const outside = security?.length === 0 ? 'public' : 'user'
  const header = (name: string): Parameter | undefined =>
    parameters.find((one) => one.in === 'header' && one.name?.toLowerCase() === name)
  const query = parameters.filter((one) => one.in === 'query')
  const ifMatch = header('if-match')
  return {
    method,
    path,
    scope: inside ? 'organization' : outside,
    permission: operation['x-permission'],
    isList: query.some(({ name }) => name === 'cursor'),
    isIdempotent: header('idempotency-key') !== undefined,
    ifMatch: ifMatch === undefined ? undefined : ifMatch.required === true ? 'required' : 'optional',
    filters: Object.fromEntries(
      query
        .filter(({ name }) => name !== 'cursor' && name !== 'limit')
        .map(({ name = '', schema = {} }) => [name, schema]),
    ),
    body: requestBody?.content?.['application/json']?.schema,
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, { description = '', content = {} }]) => [
        status,
        { description, content },
      ]),
    ),
  }
}

/** Reads a value by a schema of the document. */
export function readerOf(schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
}
