import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import type { DescribedSchema, HostOperation } from '@partywall/tenancy-core/http'
import { mountedSchemas } from './mount-route.ts'

/** What `@fastify/swagger` and its like read in a schema. */
interface DocumentedSchema extends FastifySchema {
  readonly hide?: boolean
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly operationId?: string
  /** Empty for a route that answers anybody. */
  readonly security?: readonly unknown[]
}

/**
 * Collects the routes that are registered on an instance from now on, for `reference.own`: by the `schema` that each has for
 * `@fastify/swagger` as well, of JSON Schema or zod, and what `config` asks for. Left out are `schema.hide`, `HEAD`, and what
 * {@link partywall} mounts.
 *
 * @example
 * ```ts
 * const reference = { title: 'FlakeGuard', version: '1', own: collectRoutes(app) }
 * await app.register(partywall, { tenancy, directory, claim, reference })
 * const schema = { summary: 'List the repositories', response: { 200: { type: 'array' } } }
 * app.get('/repositories', { schema }, listRepositories)
 * const { body } = await app.inject('/openapi.json')
 * body.includes('List the repositories') // true
 * ```
 */
export function collectRoutes(app: FastifyInstance): () => readonly HostOperation[] {
  const collected: RouteOptions[] = []
  app.addHook('onRoute', (route) => void collected.push(route))
  return () => collected.filter(isDescribed).flatMap(operationsOf)
}

function isDescribed({ schema }: RouteOptions): boolean {
  return schema === undefined || (!mountedSchemas.has(schema) && (schema as DocumentedSchema).hide !== true)
}

function operationsOf({ method, url, schema = {}, config }: RouteOptions): readonly HostOperation[] {
  const { summary, description, tags, operationId, security, params, querystring, body, response } =
    schema as DocumentedSchema
  const outside = security?.length === 0 ? 'public' : 'user'
  const methods = [method].flat().filter((one) => one !== 'HEAD')
  return methods.map((one) => ({
    method: one,
    path: url,
    summary: summary ?? `${one} ${url}`,
    tag: tags?.[0] ?? 'service',
    operationId: methods.length === 1 ? operationId : undefined,
    description,
    scope: config?.tenancy === false ? outside : 'organization',
    permission: config?.permission,
    params: params as DescribedSchema | undefined,
    query: querystring as DescribedSchema | undefined,
    body: body as DescribedSchema | undefined,
    responses: response as Readonly<Record<string, DescribedSchema>> | undefined,
  }))
}
