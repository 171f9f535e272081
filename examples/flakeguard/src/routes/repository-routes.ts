import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { PrismaClient } from '../../generated/client.ts'
import { requireUser } from '../auth.ts'
import { listFlakyTests } from '../queries/flaky-tests.ts'
import { quarantineTest } from '../queries/quarantine.ts'
import { findRepository, listRepositories } from '../queries/repositories.ts'

const limit = z.coerce.number().int().min(1).max(200).default(50)
const params = z.object({ id: z.string().min(1) })
const page = z.strictObject({ limit, after: z.string().optional() })
const quarantine = z.strictObject({
  testCaseId: z.string().min(1),
  reason: z.string().min(1).max(500),
  expiresAt: z.coerce.date().optional(),
})

export function repositoryRoutes(app: FastifyInstance, prisma: PrismaClient): void {
  app.get('/repositories', async (request) => await listRepositories(prisma, page.parse(request.query)))

  app.get('/repositories/:id', async (request) => await findRepository(prisma, params.parse(request.params).id))

  app.get('/repositories/:id/flaky-tests', async (request) => {
    const query = z.strictObject({ limit }).parse(request.query)
    return await listFlakyTests(prisma, { repositoryId: params.parse(request.params).id, ...query })
  })

  app.post('/repositories/:id/quarantine', async (request, reply) => {
    const { id: repositoryId } = params.parse(request.params)
    const body = quarantine.parse(request.body)
    return await reply
      .status(201)
      .send(await quarantineTest(prisma, { repositoryId, decidedById: requireUser(request).id, ...body }))
  })
}
