import * as z from 'zod'
import { TenancyError } from '../tenancy-error.ts'
import { hostOperation } from './host-operation.ts'
import type { HostOperation } from './host-operation.ts'
import { schemaOf, parametersOf } from './openapi-parameters.ts'
import { refused } from './openapi-refusals.ts'
import { refusalsOf } from './route-refusals.ts'
import type { Route } from './route.ts'

/** What is described. */
export interface OpenApiOptions {
  readonly title: string
  /** The version of the service's API. */
  readonly version: string
  readonly routes: readonly (readonly Route[])[]
  /** What stands in front of every path of `routes`. @defaultValue nothing */
  readonly prefix?: string
  /** Routes of the service's own. @defaultValue none */
  readonly own?: readonly HostOperation[] | undefined
  /** The header in which the organization is named. @defaultValue `'X-Organization'` */
  readonly organizationHeader?: string | undefined
}

/** A part of a JSON document. */
export type Json = Readonly<Record<string, unknown>>

/**
 * Describes routes as a document of OpenAPI 3.1, in which schemas are JSON Schema of 2020-12, as zod has them. Any value
 * that JSON can hold comes out the same for the same routes. Every refusal of a route stands there with its codes.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` when two routes have one place or one name.
 *
 * @example
 * ```ts
 * const document = openApiDocument({ title: 'FlakeGuard', version: '1', prefix: '/v1', routes: [routes] })
 * document['openapi'] // '3.1.0'
 * ```
 */
export function openApiDocument(options: OpenApiOptions): Json {
  const { title, version, prefix = '', organizationHeader = 'X-Organization' } = options
  const routes = options.routes.flat()
  const own = options.own ?? []
  assertDistinct([...routes.map((route) => ({ ...route, path: prefix + route.path })), ...own])
  const paths: Record<string, Record<string, Json>> = {}
  const place = (path: string, method: string, described: Json): void => {
    const name = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[name] = { ...paths[name], [method.toLowerCase()]: described }
  }
  for (const route of own) place(route.path, route.method, hostOperation(route, operationIdOf(route)))
  for (const route of routes) place(prefix + route.path, route.method, operation(route))
  const tags = [...new Set([...routes, ...own].map(({ tag }) => tag))].toSorted().map((name) => ({ name }))
  return {
    openapi: '3.1.0',
    info: { title, version },
    // Beside the document, wherever it is mounted.
    servers: [{ url: '/' }],
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
  const { summary, tag, permission, description } = route
  const asks = permission === undefined ? undefined : `Asks for the permission \`${permission}\`.`
  const told = [description, asks].filter((part) => part !== undefined)
  const hasBody = !(route.body instanceof z.ZodUnknown)
  return {
    operationId: operationIdOf(route),
    summary,
    tags: [tag],
    ...(told.length === 0 ? {} : { description: told.join('\n\n') }),
    ...(permission === undefined ? {} : { 'x-permission': permission }),
    parameters: parametersOf(route),
    ...(hasBody
      ? {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
          },
        }
      : {}),
    responses: {
      [String(route.status ?? 200)]: success(route),
      ...(route.version !== undefined && route.method === 'GET'
        ? { 304: { description: 'The caller has it already' } }
        : {}),
      ...Object.fromEntries([...refusalsOf(route)].map(([status, codes]) => [String(status), refused(status, codes)])),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

type Named = Pick<HostOperation, 'operationId' | 'method' | 'path'>

function operationIdOf({ operationId, method, path }: Named): string {
  const words = path.split(/\W+/).filter((word) => word !== '')
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
  return operationId ?? method.toLowerCase() + words.map(capital).join('')
}

/** Clients that are generated would lose one of two operations that have one name, or one place. */
function assertDistinct(routes: readonly Named[]): void {
  const seen = new Set<string>()
  for (const route of routes) {
    const place = `${route.method} ${route.path.replaceAll(/:\w+/g, ':')}`
    for (const name of [place, operationIdOf(route)]) {
      if (!seen.has(name)) seen.add(name)
      else throw new TenancyError('CONFIGURATION_INVALID', `Two routes are "${name}". Leave one of them out.`)
    }
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
    ...headersOf(route),
    content: { 'application/json': { schema: route.list === undefined ? schema : shown } },
  }
}

function headersOf({ version, location }: Route): Json {
  const text = { schema: { type: 'string' } }
  const headers = {
    ...(version === undefined ? {} : { ETag: text }),
    ...(location === undefined ? {} : { Location: { ...text, description: 'Relative to the path of the request' } }),
  }
  return Object.keys(headers).length === 0 ? {} : { headers }
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
