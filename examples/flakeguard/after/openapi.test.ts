import { createConfig, lintFromString } from '@redocly/openapi-core'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer } from './server.ts'

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>
  readonly 'x-permission'?: string
}

const nowhere = 'postgresql://nobody@localhost/nothing'
let app: FastifyInstance
let text: string
let operations: Map<string, Operation>

beforeAll(async () => {
  app = await createServer({
    databaseUrl: nowhere,
    operatorUrl: nowhere,
    verifyToken: () => Promise.resolve(undefined),
    writeLog: () => undefined,
  })
  text = (await app.inject('/v1/openapi.json')).body
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> }
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => [`${method.toUpperCase()} ${path}`, one] as const),
  )
  operations = new Map(all)
})

afterAll(() => app.close())

describe('the description of the API', () => {
  it('has nothing that a linter finds fault with', async () => {
    const off = { 'info-license': 'off', 'tag-description': 'off' } as const
    const config = await createConfig({ extends: ['recommended-strict'], rules: off })
    const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config })
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
  })

  it('has every route of the service, and those of its organizations', () => {
    const own = [...operations.keys()].filter((name) => !name.includes(' /v1/'))
    expect(own.toSorted()).toEqual([
      'GET /me',
      'GET /repositories',
      'GET /repositories/{id}',
      'GET /repositories/{id}/flaky-tests',
      'GET /stats',
      'GET /tasks',
      'GET /test-results',
      'PATCH /tasks/{id}',
      'POST /repositories/{id}/quarantine',
      'POST /tasks',
    ])
    expect(operations.size).toBeGreaterThan(own.length + 20)
    for (const name of own) {
      const [method = '', path = ''] = name.split(' ')
      expect(app.hasRoute({ method, url: path.replaceAll(/{(\w+)}/g, ':$1') }), name).toBe(true)
    }
  })

  it('tells what each route of the service refuses with, and asks for', () => {
    const create = operations.get('POST /tasks')
    expect(create?.['x-permission']).toBe('flakeguard:write')
    expect(create?.responses['403']?.description).toContain('`PERMISSION_DENIED`')
    expect(create?.responses['404']?.description).toContain('`ORGANIZATION_NOT_FOUND`')
    expect(Object.keys(create?.responses['404']?.content ?? {})).toEqual([
      'application/json',
      'application/problem+json',
    ])
    expect(operations.get('GET /tasks')?.['x-permission']).toBe('flakeguard:read')
  })

  it('is the same at each start', async () => {
    expect((await app.inject('/v1/openapi.json')).body).toBe(text)
  })
})
