import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer as createServerBefore } from '../before/server.ts'
import { createTokenIssuer, createTokenVerifier, type TokenIssuer, type VerifyToken } from 'host-parts-example'
import { tokenNames } from '../src/tokens.ts'
import {
  createConvertedDatabase,
  type ConvertedDatabase,
  type TestOrganization,
} from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'
import { createServer } from './server.ts'

const quiet = { writeLog: () => undefined }
const answersBefore = new Map<string, string>()
let database: ConvertedDatabase
let app: FastifyInstance
let token: string
let issuer: TokenIssuer
let verifyToken: VerifyToken

beforeAll(async () => {
  issuer = await createTokenIssuer(tokenNames)
  verifyToken = createTokenVerifier({ keys: issuer.findKey, ...tokenNames })
  database = await createConvertedDatabase({ beforeConversion: recordAnswers })
  token = await issuer.issue(database.second.memberIds[0] ?? '')
  app = await createServer({
    databaseUrl: database.appUrl,
    operatorUrl: database.operatorUrl,
    verifyToken,
    ...quiet,
  })
})

afterAll(async () => {
  await app.close()
  await database[Symbol.asyncDispose]()
})

/** What the single-tenant version answers, route by route. */
async function recordAnswers(ownerUrl: string): Promise<void> {
  const before = await createServerBefore({ databaseUrl: ownerUrl, verifyToken, ...quiet })
  const [user] = await query<{ id: string }>(ownerUrl, 'select "id" from "User" order by "id" limit 1')
  const authorization = `Bearer ${await issuer.issue(user?.id ?? '')}`
  for (const { id } of await query<{ id: string }>(ownerUrl, 'select "id" from "Repository" order by "id"')) {
    paths.push(`/repositories/${id}`, `/repositories/${id}/flaky-tests`)
  }
  for (const url of paths) {
    const answer = await before.inject({ url, headers: { authorization } })
    answersBefore.set(url, `${answer.statusCode} ${answer.body}`)
  }
  await before.close()
}

const paths = ['/health', '/repositories', '/test-results?limit=500', '/test-results?status=failed', '/tasks', '/stats']

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what the route answers
async function call<Body>(url: string, headers: Record<string, string>): Promise<{ status: number; body: Body }> {
  const answer = await app.inject({ url, headers: { authorization: `Bearer ${token}`, ...headers } })
  return { status: answer.statusCode, body: answer.json<Body>() }
}

describe('the multi-tenant service', () => {
  it('answers the default organization byte for byte as the single-tenant service did', async () => {
    expect(answersBefore.size).toBeGreaterThan(25)
    const authorization = `Bearer ${await issuer.issue(database.first.memberIds[0] ?? '')}`
    for (const [url, expected] of answersBefore) {
      const answer = await app.inject({ url, headers: { authorization, 'x-organization': database.first.slug } })
      expect(`${answer.statusCode} ${answer.body}`, url).toBe(expected)
    }
  })

  it('answers each organization with its own rows, all at once', async () => {
    const both: readonly TestOrganization[] = [database.first, database.second]
    await Promise.all(
      Array.from({ length: 10 }, () => both)
        .flat()
        .map(async (one) => {
          const { body } = await call<{ defaultBranch: string }[]>('/repositories', { 'x-organization': one.slug })
          expect(new Set(body.map(({ defaultBranch }) => defaultBranch))).toEqual(new Set([one.mark]))
        }),
    )
  })

  it('needs no organization for GET /health', async () => {
    expect((await app.inject({ url: '/health' })).statusCode).toBe(200)
  })

  it('refuses a request that names an organization and no caller', async () => {
    const answer = await app.inject({ url: '/repositories', headers: { 'x-organization': database.first.slug } })
    expect(answer.statusCode).toBe(401)
  })

  it('answers 400 without an organization, and 404 to an unknown and to a foreign one alike', async () => {
    const stranger = `Bearer ${await issuer.issue(database.strangerId)}`
    const none = await call('/repositories', {})
    const unknown = await call('/repositories', { 'x-organization': 'nowhere' })
    const foreign = await call('/repositories', { 'x-organization': database.second.slug, authorization: stranger })
    expect([none.status, unknown.status, foreign.status]).toEqual([400, 404, 404])
    const told = ({ body }: { body: unknown }): object => ({ ...(body as object), requestId: undefined })
    expect(told(foreign)).toEqual(told(unknown))
  })

  it('lists the organizations of the caller in GET /me', async () => {
    const { body } = await call<{ organizations: { slug: string }[] }>('/me', {
      'x-organization': database.second.slug,
    })
    expect(body.organizations.map(({ slug }) => slug).toSorted()).toEqual(['default', 'second'])
  })

  it('refuses a suspended member at the next request', async () => {
    const { second } = database
    const [userId = ''] = second.memberIds.slice(-1)
    const headers = {
      authorization: `Bearer ${await issuer.issue(userId)}`,
      'x-organization': second.slug,
    }
    expect((await call('/stats', headers)).status).toBe(200)
    await query(
      database.ownerUrl,
      `update partywall.memberships set status = 'suspended' where organization_id = $1 and user_id = $2`,
      [second.id, userId],
    )
    expect((await call('/stats', headers)).status).toBe(403)
  })

  it('lets a viewer read and not write', async () => {
    const { second } = database
    const [userId = ''] = second.memberIds.slice(-2)
    await query(
      database.ownerUrl,
      `update partywall.memberships set role = 'viewer' where organization_id = $1 and user_id = $2`,
      [second.id, userId],
    )
    const headers = {
      authorization: `Bearer ${await issuer.issue(userId)}`,
      'x-organization': second.slug,
    }
    const [repository] = (await call<{ id: string }[]>('/repositories', headers)).body
    const payload = { repositoryId: repository?.id, title: 'By a viewer' }
    const answer = await app.inject({ method: 'POST', url: '/tasks', headers, payload })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'PERMISSION_DENIED'])
  })

  it('answers an error of the service as the single-tenant version does', async () => {
    const headers = { 'x-organization': database.second.slug }
    expect(await call('/repositories/nothing', headers)).toEqual({
      status: 404,
      body: { error: { status: 404, message: 'There is no repository nothing.' } },
    })
  })
})
