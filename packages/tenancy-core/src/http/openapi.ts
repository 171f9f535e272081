import * as z from 'zod'
import { limitsOf } from './route-list.ts'
import type { Route } from './route.ts'

/** What is described. */
export interface OpenApiOptions {
  readonly title: string
  /** The version of the service's API. */
  readonly version: string
  readonly routes: readonly (readonly Route[])[]
  /** What stands in front of every path. @defaultValue nothing */
  readonly prefix?: string
  /** The header in which the organization is named. @defaultValue `'X-Organization'` */
  readonly organizationHeader?: string | undefined
}

/** A part of a JSON document. */
export type Json = Readonly<Record<string, unknown>>

/**
 * Describes routes as a document of OpenAPI 3.1, in which schemas are JSON Schema of 2020-12, as zod has them. Any value
 * that JSON can hold comes out the same for the same routes.
 *
 * @example
 * ```ts
 * const document = openApiDocument({ title: 'FlakeGuard', version: '1', prefix: '/v1', routes: [organizationRoutes(organizations)] })
 * ```
 */
export function openApiDocument(options: OpenApiOptions): Json {
  const { title, version, prefix = '', organizationHeader = 'X-Organization' } = options
  const routes = options.routes.flat()
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = prefix + route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  const tags = [...new Set(routes.map(({ tag }) => tag))].toSorted().map((name) => ({ name }))
  return {
    openapi: '3.1.0',
    info: { title, version },
    tags,
    paths,
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: problemSchema },
      parameters: {
        Organization: {
          name: organizationHeader,
          in: 'header',
          required: true,
          description: 'The slug or the id of the organization that the request is about',
          schema: { type: 'string' },
        },
      },
      responses: {
        Problem: {
          description: 'What went wrong, after RFC 9457',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

function operation(route: Route): Json {
  const { method, path, summary, tag, permission } = route
  const words = path.split(/\W+/).filter((word) => word !== '')
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
  const hasBody = !(route.body instanceof z.ZodUnknown)
  return {
    operationId: method.toLowerCase() + words.map(capital).join(''),
    summary,
    tags: [tag],
    ...(permission === undefined ? {} : { description: `Asks for the permission \`${permission}\`.` }),
    parameters: parameters(route),
    ...(hasBody
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }
      : {}),
    responses: {
      [String(route.status ?? 200)]: success(route),
      ...(route.version !== undefined && method === 'GET' ? { 304: { description: 'The caller has it already' } } : {}),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

function success(route: Route): Json {
  if (route.status === 204) return { description: 'Done' }
  const schema = schemaOf(route.response, 'output')
  const page = { type: 'object', required: ['items', 'nextCursor'] }
  const nextCursor = {
    type: ['string', 'null'],
    description: 'What `cursor` takes for the next page; null on the last',
  }
  const shown = { ...page, properties: { items: { type: 'array', items: schema }, nextCursor } }
  return {
    description: 'Done',
    ...(route.version === undefined ? {} : { headers: { ETag: { schema: { type: 'string' } } } }),
    content: { 'application/json': { schema: route.list === undefined ? schema : shown } },
  }
}

function parameters(route: Route): readonly Json[] {
  const header = (name: string, required: boolean, description: string): Json => {
    return { name, in: 'header', required, description, schema: { type: 'string' } }
  }
  return [
    ...(route.scope === 'organization' ? [{ $ref: '#/components/parameters/Organization' }] : []),
    ...pathParameters(route),
    ...membersOf(route.query, 'query'),
    ...pageParameters(route),
    ...(route.idempotent === true
      ? [header('Idempotency-Key', false, 'Repeated with the same key, the request has its effect once')]
      : []),
    ...(route.ifMatch === undefined
      ? []
      : [header('If-Match', route.ifMatch === 'required', 'The ETag of the version that is changed')]),
  ]
}

/** Every name in the path, described or not. */
function pathParameters({ path, params }: Route): readonly Json[] {
  const described = membersOf(params, 'path')
  return [...path.matchAll(/:(\w+)/g)].map(
    ([, name]) =>
      described.find((one) => one['name'] === name) ?? { name, in: 'path', required: true, schema: { type: 'string' } },
  )
}

function pageParameters({ list }: Route): readonly Json[] {
  if (list === undefined) return []
  const { max, default: standard } = limitsOf(list)
  return [
    { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: max, default: standard } },
    { name: 'cursor', in: 'query', description: '`nextCursor` of the page before', schema: { type: 'string' } },
  ]
}

function membersOf(schema: z.ZodType, where: 'path' | 'query'): readonly Json[] {
  if (schema instanceof z.ZodUnknown) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Readonly<Record<string, Json>>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, described]) => {
    const { description, ...rest } = described
    const isRequired = where === 'path' || required.includes(name)
    return {
      name,
      in: where,
      required: isRequired,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' })
  return rest
}

const problemSchema: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'What programs match on' },
    detail: { type: 'string' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'A JSON pointer into { params, query, body }' },
          detail: { type: 'string' },
        },
      },
    },
  },
}
