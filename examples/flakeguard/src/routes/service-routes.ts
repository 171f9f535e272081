import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { PrismaClient } from '../../generated/client.ts'
import { TestStatus } from '../../generated/enums.ts'
import { readStats } from '../queries/stats.ts'
import { listTestResults } from '../queries/test-results.ts'
import { repositoryRoutes } from './repository-routes.ts'
import { taskRoutes } from './task-routes.ts'

const resultsQuery = z.strictObject({
  status: z.enum(TestStatus).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** Every route that works on the data of the service. None of them knows how many organizations it serves. */
export function serviceRoutes(app: FastifyInstance, prisma: PrismaClient): void {
  repositoryRoutes(app, prisma)
  taskRoutes(app, prisma)
  app.get('/test-results', async (request) => await listTestResults(prisma, resultsQuery.parse(request.query)))
  app.get('/stats', async () => await readStats(prisma))
}
