import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { PrismaClient } from '../../generated/client.ts'
import { requireUser } from '../auth.ts'
import { listFlakyTests } from '../queries/flaky-tests.ts'
import { quarantineTest } from '../queries/quarantine.ts'
import { findRepository, listRepositories } from '../queries/repositories.ts'
import type { ZodSchemas } from '../zod-schemas.ts'
import { bodyRefusals, flakyTests, quarantined, refusals, repositories, repository } from './responses.ts'

const limit = z.coerce.number().int().min(1).max(200).default(50)
const params = z.object({ id: z.string().min(1) })
const page = z.strictObject({ limit, after: z.string().optional().describe('The last `fullName` of the page before') })
const quarantine = z.strictObject({
  testCaseId: z.string().min(1),
  reason: z.string().min(1).max(500),
  expiresAt: z.coerce.date().optional(),
})
const tags = ['repositories']

export function repositoryRoutes(app: FastifyInstance, prisma: PrismaClient): void {
  const typed = app.withTypeProvider<ZodSchemas>()

  const list = {
    operationId: 'listRepositories',
    summary: 'List the repositories, by name',
    tags,
    querystring: page,
    response: { 200: repositories, ...refusals(400) },
  }
  typed.get('/repositories', { schema: list }, async ({ query }) => await listRepositories(prisma, query))

  const show = {
    operationId: 'showRepository',
    summary: 'Show a repository, with its failure rate',
    tags,
    params,
    response: { 200: repository, ...refusals(400, 404) },
  }
  typed.get('/repositories/:id', { schema: show }, async (request) => await findRepository(prisma, request.params.id))

  const flaky = {
    operationId: 'listFlakyTests',
    summary: 'List the tests that fail more often than is tolerated, worst first',
    tags,
    params,
    querystring: z.strictObject({ limit }),
    response: { 200: flakyTests, ...refusals(400) },
  }
  typed.get('/repositories/:id/flaky-tests', { schema: flaky }, async (request) => {
    return await listFlakyTests(prisma, { repositoryId: request.params.id, ...request.query })
  })

  const decide = {
    operationId: 'quarantineTest',
    summary: 'Quarantine a test, and open the task to repair it',
    tags,
    params,
    body: quarantine,
    response: { 201: quarantined, ...refusals(...bodyRefusals, 403, 404, 409) },
  }
  typed.post('/repositories/:id/quarantine', { schema: decide }, async (request, reply) => {
    const decision = { repositoryId: request.params.id, decidedById: requireUser(request).id, ...request.body }
    return await reply.status(201).send(await quarantineTest(prisma, decision))
  })
}
