import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { openApiDocument } from './openapi.ts'
import type { HostOperation } from './host-operation.ts'
import { referencePage } from './reference-page.ts'
import { defineRoute } from './route.ts'
import type { Route } from './route.ts'

const common = { tag: 'things', scope: 'organization', handler: async () => undefined } as const
const thing = z.object({ id: z.string(), at: z.date() })
const routes = [
  defineRoute({
    ...common,
    method: 'GET',
    path: '/things',
    summary: 'List <script>alert(1)</script>',
    query: z.strictObject({ kind: z.string().describe('What kind').optional() }),
    response: thing,
    list: { sort: 'id', position: z.string(), positionOf: ({ id }: { id: string }) => id },
  }),
  defineRoute({
    ...common,
    method: 'POST',
    path: '/things',
    summary: 'Create',
    permission: 'things:write',
    idempotent: true,
    status: 201,
    location: ({ id }: { id: string }) => `things/${id}`,
    body: z.strictObject({ size: z.number().default(3) }),
    response: thing,
  }),
  defineRoute({
    ...common,
    method: 'PUT',
    path: '/things/:id/parts/:part',
    summary: 'Change',
    ifMatch: 'required',
    refusals: ['LAST_OWNER'],
    params: z.strictObject({ part: z.coerce.number() }),
    body: z.strictObject({ size: z.number() }),
    response: thing,
  }),
  defineRoute({
    ...common,
    method: 'DELETE',
    path: '/things/:id',
    summary: 'Remove',
    status: 204,
    response: z.unknown(),
  }),
]
const own: readonly HostOperation[] = [
  {
    method: 'POST',
    path: '/reports/:id/parts/:part',
    summary: 'Report',
    tag: 'reports',
    permission: 'reports:write',
    params: { type: 'object', properties: { id: { type: 'integer' } } },
    query: z.strictObject({ kind: z.string().optional() }),
    body: z.strictObject({ text: z.string() }),
    responses: { 201: thing, 404: { type: 'object' }, '4xx': z.object({ error: z.string() }) },
  },
  { method: 'GET', path: '/whoami', summary: 'Me', tag: 'me', scope: 'user', responses: { 200: thing, 401: thing } },
  {
    method: 'DELETE',
    path: '/cache',
    summary: 'Empty',
    tag: 'me',
    scope: 'public',
    responses: { 204: undefined, 429: thing },
  },
]
const document = openApiDocument({ title: 'Things', version: '2', prefix: '/v1', routes: [routes], own })

describe('openApiDocument', () => {
  it('is valid, in the eyes of others', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('has nothing that a linter finds fault with', async () => {
    const off = { 'info-license': 'off', 'tag-description': 'off' } as const
    const config = await createConfig({ extends: ['recommended-strict'], rules: off })
    const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config })
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
  })

  it('is the same for the same routes', () => {
    const again = openApiDocument({ title: 'Things', version: '2', prefix: '/v1', routes: [routes], own })
    expect(JSON.stringify(again)).toBe(JSON.stringify(document))
  })

  it('lists what each route refuses with, by status', () => {
    const paths = document['paths'] as Record<string, Record<string, { responses: Record<string, object> }>>
    const { responses } = paths['/v1/things/{id}/parts/{part}']?.['put'] ?? { responses: {} }
    expect(Object.keys(responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '412',
      '413',
      '415',
      '428',
      'default',
    ])
    expect(responses['409']).toMatchObject({ description: 'Conflict: `LAST_OWNER`' })
    expect(responses['428']).toMatchObject({ description: 'Precondition Required: `PRECONDITION_REQUIRED`' })
  })

  it('refuses two routes of one place or one name', () => {
    const [first] = routes
    if (first === undefined) throw new Error('There are routes.')
    const other = (change: Partial<Route>) => () =>
      openApiDocument({ title: 'Things', version: '2', routes: [routes, [{ ...first, ...change }]] })
    const refused = expect.objectContaining({ code: 'CONFIGURATION_INVALID' }) as Error
    expect(other({ operationId: 'other' })).toThrow(refused)
    expect(other({ path: '/other', operationId: 'postThings' })).toThrow(refused)
    expect(other({ path: '/other' })).not.toThrow()
    const both = { title: 'Things', version: '2', prefix: '/v1', routes: [routes] }
    const mine = { method: 'GET', summary: 'Mine', tag: 'things' }
    expect(() => openApiDocument({ ...both, own: [{ ...mine, path: '/v1/things' }] })).toThrow(refused)
    expect(() => openApiDocument({ ...both, own: [{ ...mine, path: '/things' }] })).not.toThrow()
  })

  it('describes what a request may bring', () => {
    const paths = document['paths'] as Record<string, Record<string, { parameters: { name?: string }[] }>>
    const names = (path: string, method: string) => paths[path]?.[method]?.parameters.map(({ name }) => name)
    expect(names('/v1/things', 'get')).toEqual([undefined, 'kind', 'limit', 'cursor'])
    expect(names('/v1/things', 'post')).toEqual([undefined, 'Idempotency-Key'])
    expect(names('/v1/things/{id}/parts/{part}', 'put')).toEqual([undefined, 'id', 'part', 'If-Match'])
    expect(paths['/v1/things']?.['post']).toMatchObject({
      operationId: 'postThings',
      requestBody: { content: { 'application/json': { schema: { additionalProperties: false } } } },
      responses: { 201: { headers: { Location: {} } }, default: { $ref: '#/components/responses/Problem' } },
    })
  })

  it('has the routes of the service, with what both refuse with', () => {
    const paths = document['paths'] as Record<string, Record<string, Record<string, unknown>>>
    const report = paths['/reports/{id}/parts/{part}']?.['post']
    expect(report).toMatchObject({
      'x-permission': 'reports:write',
      parameters: [
        { $ref: '#/components/parameters/Organization' },
        { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
        { name: 'part', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'kind', in: 'query', required: false },
      ],
      requestBody: { required: true },
      responses: {
        201: { description: 'Done' },
        404: {
          description: 'Not Found: `ORGANIZATION_NOT_FOUND`',
          content: { 'application/json': { schema: { type: 'object' } }, 'application/problem+json': {} },
        },
        '4XX': { description: 'Refused by the service' },
      },
    })
    expect(paths['/whoami']?.['get']).toMatchObject({ parameters: [], responses: { 200: {}, 401: {} } })
    expect(paths['/whoami']?.['get']).not.toHaveProperty('security')
    expect(Object.keys(paths['/whoami']?.['get']?.['responses'] ?? {})).toEqual(['200', '401'])
    expect(paths['/cache']?.['delete']).toMatchObject({ security: [], responses: { 204: { description: 'Done' } } })
  })

  it('names each operation once', () => {
    const paths = Object.values(document['paths'] as Record<string, Record<string, { operationId: string }>>)
    const ids = paths.flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId))
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('referencePage', () => {
  it('shows texts of routes as texts', () => {
    const { body } = referencePage(document, 'openapi.json')
    expect(body).toContain('List &#60;script&#62;')
    expect(body).not.toContain('<script')
  })
})
