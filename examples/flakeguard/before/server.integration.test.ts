import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenIssuer, createTokenVerifier, type TokenIssuer } from 'host-parts-example'
import { tokenNames } from '../src/tokens.ts'
import { seed } from '../src/seed/seed.ts'
import { createFlakeGuardDatabase, query, type FlakeGuardDatabase } from '../test/create-flakeguard-database.ts'
import { createServer } from './server.ts'

let issuer: TokenIssuer
let database: FlakeGuardDatabase
let app: FastifyInstance
let baseUrl: string
let userId: string
let repositoryId: string

beforeAll(async () => {
  database = await createFlakeGuardDatabase()
  await seed(database.url, { scale: 0.2 })
  const [user] = await query<{ id: string }>(database.url, 'select "id" from "User" order by "login" limit 1')
  const [repository] = await query<{ id: string }>(
    database.url,
    'select "repositoryId" as "id" from "FlakiestTests" group by 1 order by count(*) desc, 1 limit 1',
  )
  userId = user?.id ?? ''
  repositoryId = repository?.id ?? ''
  issuer = await createTokenIssuer(tokenNames)
  const verifyToken = createTokenVerifier({ keys: issuer.findKey, ...tokenNames })
  app = await createServer({ databaseUrl: database.url, verifyToken, writeLog: () => undefined })
  await app.listen({ port: 0, host: '127.0.0.1' })
  baseUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
})

afterAll(async () => {
  await app.close()
  await database[Symbol.asyncDispose]()
})

/** A request over a real socket, by the test's user. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what the route answers
async function call<Body = Record<string, unknown>>(
  path: string,
  init: { method?: string; body?: object; token?: string } = {},
): Promise<{ status: number; body: Body }> {
  const token = init.token ?? (await issuer.issue(userId))
  const response = await fetch(`${baseUrl}${path}`, {
    method: init.method ?? 'GET',
    headers: {
      authorization: `Bearer ${token}`,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

describe('signing in', () => {
  it('is not needed for GET /health', async () => {
    const response = await fetch(`${baseUrl}/health`)
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
  })

  it.each(['/repositories', '/test-results', '/tasks', '/stats', '/me'])('is needed for GET %s', async (path) => {
    const response = await fetch(`${baseUrl}${path}`, { headers: { 'x-user-id': userId } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { status: 401 } })
  })

  it('refuses a user id that nobody signed', async () => {
    expect((await call('/me', { token: userId })).status).toBe(401)
  })

  it('refuses a token signed by somebody else', async () => {
    const other = await createTokenIssuer(tokenNames)
    expect((await call('/me', { token: await other.issue(userId) })).status).toBe(401)
  })
})

describe('repositories', () => {
  it('are listed by name, a page at a time', async () => {
    const first = await call<{ fullName: string }[]>('/repositories?limit=5')
    const second = await call<{ fullName: string }[]>(
      `/repositories?limit=50&after=${first.body.at(-1)?.fullName ?? ''}`,
    )
    const names = [...first.body, ...second.body].map(({ fullName }) => fullName)
    const rows = await query<{ name: string }>(database.url, 'select "fullName" as name from "Repository" order by 1')
    expect(first.body).toHaveLength(5)
    expect(names).toEqual(rows.map(({ name }) => name))
  })

  it('tell their settings, labels and failure rate', async () => {
    const { status, body } = await call<{ failureRate: number; labels: unknown[]; settings: object }>(
      `/repositories/${repositoryId}`,
    )
    const [expected] = await query<{ rate: number }>(
      database.url,
      `select avg((r."status" in ('failed', 'error'))::integer)::double precision as rate
       from "TestResult" r join "TestCase" c on c."id" = r."testCaseId"
       join "RepositorySettings" s using ("repositoryId")
       where "repositoryId" = $1 and r."status" <> 'skipped' and r."startedAt" >=
         (select max(w."startedAt") from "WorkflowRun" w where w."repositoryId" = $1) - make_interval(days => s."windowDays")`,
      [repositoryId],
    )
    expect(status).toBe(200)
    expect(body.failureRate).toBeCloseTo(expected?.rate ?? -1, 10)
    expect(body.failureRate).toBeGreaterThan(0)
    expect(body.labels).toHaveLength(4)
    expect(body.settings).toMatchObject({ repositoryId })
  })

  it('answer 404 when there is none', async () => {
    expect(await call('/repositories/nothing')).toEqual({
      status: 404,
      body: { error: { status: 404, message: 'There is no repository nothing.' } },
    })
  })

  it('list their flaky tests, worst first, above the threshold only', async () => {
    const { body } = await call<{ failureRate: number }[]>(`/repositories/${repositoryId}/flaky-tests`)
    const [settings] = await query<{ threshold: string }>(
      database.url,
      'select "flakeThreshold" as threshold from "RepositorySettings" where "repositoryId" = $1',
      [repositoryId],
    )
    const rates = body.map(({ failureRate }) => failureRate)
    expect(rates.length).toBeGreaterThan(0)
    expect(rates).toEqual(rates.toSorted((a, b) => b - a))
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(Number(settings?.threshold))
  })
})

describe('test results', () => {
  it('are filtered by status, newest first', async () => {
    const { body } = await call<{ status: string; startedAt: string; testCase: object }[]>(
      '/test-results?status=failed&limit=20',
    )
    expect(body).toHaveLength(20)
    expect(new Set(body.map(({ status }) => status))).toEqual(new Set(['failed']))
    const times = body.map(({ startedAt }) => startedAt)
    expect(times).toEqual(times.toSorted().toReversed())
  })

  it.each(['status=broken', 'limit=0', 'limit=501', 'colour=red'])('refuse the query %s', async (search) => {
    expect(await call(`/test-results?${search}`)).toMatchObject({ status: 400, body: { error: { status: 400 } } })
  })
})

describe('quarantine', () => {
  async function flakyTest(): Promise<string> {
    const [row] = await query<{ id: string }>(
      database.url,
      `select "testCaseId" as id from "FlakiestTests" where "repositoryId" = $1 and not "quarantined"
       order by "testCaseId" limit 1`,
      [repositoryId],
    )
    return row?.id ?? ''
  }

  it('records the decision and opens a numbered, labelled task', async () => {
    const testCaseId = await flakyTest()
    const { status, body } = await call<{ decision: object; task: { number: number; labels: object[] } }>(
      `/repositories/${repositoryId}/quarantine`,
      { method: 'POST', body: { testCaseId, reason: 'Blocks the merge queue' } },
    )
    expect(status).toBe(201)
    expect(body.decision).toMatchObject({
      testCaseId,
      decidedById: userId,
      reason: 'Blocks the merge queue',
      liftedAt: null,
    })
    expect(body.task).toMatchObject({ testCaseId, creatorId: userId, labels: [{ name: 'flaky' }] })
  })

  it('leaves nothing behind when the test is quarantined already', async () => {
    const testCaseId = await flakyTest()
    const body = { testCaseId, reason: 'Twice' }
    await call(`/repositories/${repositoryId}/quarantine`, { method: 'POST', body })
    const before = await query(
      database.url,
      'select "lastTaskNumber" from "RepositorySettings" order by "repositoryId"',
    )
    const second = await call(`/repositories/${repositoryId}/quarantine`, { method: 'POST', body })
    expect(second.status).toBe(409)
    expect(
      await query(database.url, 'select "lastTaskNumber" from "RepositorySettings" order by "repositoryId"'),
    ).toEqual(before)
  })

  it('refuses a test of another repository', async () => {
    const [other] = await query<{ id: string }>(
      database.url,
      'select "id" from "TestCase" where "repositoryId" <> $1 limit 1',
      [repositoryId],
    )
    const body = { testCaseId: other?.id, reason: 'Not ours' }
    expect((await call(`/repositories/${repositoryId}/quarantine`, { method: 'POST', body })).status).toBe(404)
  })
})

describe('tasks', () => {
  it('are created with labels, a comment and a notification', async () => {
    const { status, body } = await call<{ id: string; labels: object[]; comments: object[] }>('/tasks', {
      method: 'POST',
      body: {
        repositoryId,
        title: 'Split the e2e suite',
        labels: ['flaky', 'brand-new'],
        assigneeId: userId,
        comment: 'It takes 40 minutes.',
      },
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      labels: [{ name: 'brand-new' }, { name: 'flaky' }],
      comments: [{ body: 'It takes 40 minutes.', authorId: userId }],
      assignee: { id: userId },
      status: 'open',
    })
    const rows = await query(database.url, 'select "userId", "kind" from "Notification" where "taskId" = $1', [body.id])
    expect(rows).toEqual([{ userId, kind: 'task_assigned' }])
  })

  it('get different numbers when created at the same time', async () => {
    const create = async () =>
      await call<{ number: number }>('/tasks', { method: 'POST', body: { repositoryId, title: 'At once' } })
    const answers = await Promise.all(Array.from({ length: 8 }, create))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201))
    expect(new Set(answers.map(({ body }) => body.number)).size).toBe(8)
  })

  it('have subtasks', async () => {
    const parent = await call<{ id: string }>('/tasks', { method: 'POST', body: { repositoryId, title: 'Parent' } })
    const child = { repositoryId, title: 'Child', parentId: parent.body.id }
    await call('/tasks', { method: 'POST', body: child })
    const { body } = await call(`/tasks/${parent.body.id}`, { method: 'PATCH', body: { status: 'in_progress' } })
    expect(body).toMatchObject({ status: 'in_progress', subtasks: [{ title: 'Child' }] })
  })

  it('notify a new assignee, and can be unassigned', async () => {
    const { body: task } = await call<{ id: string }>('/tasks', {
      method: 'POST',
      body: { repositoryId, title: 'Whose?' },
    })
    const assigned = await call(`/tasks/${task.id}`, { method: 'PATCH', body: { assigneeId: userId } })
    expect(assigned.body).toMatchObject({ assignee: { id: userId } })
    const unassigned = await call(`/tasks/${task.id}`, { method: 'PATCH', body: { assigneeId: null } })
    expect(unassigned.body).toMatchObject({ assignee: null })
    expect(await query(database.url, 'select 1 from "Notification" where "taskId" = $1', [task.id])).toHaveLength(1)
  })

  it('are not assigned to nobody, nor created or changed where there is nothing', async () => {
    const task = { repositoryId, title: 'Lost' }
    const ofNobody = await call('/tasks', { method: 'POST', body: { ...task, assigneeId: 'nobody' } })
    const ofNothing = await call('/tasks', { method: 'POST', body: { ...task, repositoryId: 'nothing' } })
    const [foreign] = await query<{ testCaseId: string; parentId: string }>(
      database.url,
      `select c."id" as "testCaseId", t."id" as "parentId" from "TestCase" c join "Task" t using ("repositoryId")
       where "repositoryId" <> $1 limit 1`,
      [repositoryId],
    )
    const aboutForeign = await call('/tasks', { method: 'POST', body: { ...task, testCaseId: foreign?.testCaseId } })
    const underForeign = await call('/tasks', { method: 'POST', body: { ...task, parentId: foreign?.parentId } })
    expect([aboutForeign, underForeign].map(({ status }) => status)).toEqual([404, 404])
    const unknown = await call('/tasks/nothing', { method: 'PATCH', body: { status: 'done' } })
    const untitled = await call('/tasks', { method: 'POST', body: { ...task, title: '' } })
    expect([ofNobody, ofNothing, unknown, untitled].map(({ status }) => status)).toEqual([422, 404, 404, 400])
    expect(await query(database.url, `select 1 from "Task" where "title" = 'Lost'`)).toEqual([])
  })

  it('are filtered by status and repository', async () => {
    const { body } = await call<{ status: string; repositoryId: string }[]>(
      `/tasks?status=open&repositoryId=${repositoryId}`,
    )
    expect(body.length).toBeGreaterThan(0)
    expect(new Set(body.map((task) => `${task.status} ${task.repositoryId}`))).toEqual(
      new Set([`open ${repositoryId}`]),
    )
  })
})

describe('stats', () => {
  it('count everything once', async () => {
    const { body } = await call<{ repositories: number; results: Record<string, number> }>('/stats')
    expect(body.repositories).toBe(12)
    expect(Object.values(body.results).reduce((sum, count) => sum + count, 0)).toBe(10_000)
    expect(body).toMatchObject({ flakiestTest: { failureRate: expect.any(Number) as number } })
  })
})

describe('me', () => {
  it('tells who the caller is and what waits for them', async () => {
    const { body } = await call('/me')
    expect(body).toMatchObject({ id: userId, login: 'ada-okafor', unreadNotifications: expect.any(Number) as number })
  })

  it('answers 404 to a valid token of a user who is gone', async () => {
    expect((await call('/me', { token: await issuer.issue('gone') })).status).toBe(404)
  })
})
