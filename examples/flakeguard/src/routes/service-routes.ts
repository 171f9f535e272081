import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { PrismaClient } from '../../generated/client.ts'
import { TestStatus } from '../../generated/enums.ts'
import { readStats } from '../queries/stats.ts'
import { listTestResults } from '../queries/test-results.ts'
import { useZodSchemas, type ZodSchemas } from '../zod-schemas.ts'
import { repositoryRoutes } from './repository-routes.ts'
import { me, refusals, stats, testResults } from './responses.ts'
import { taskRoutes } from './task-routes.ts'

const resultsQuery = z.strictObject({
  status: z.enum(TestStatus).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** Of `GET /me`. */
export const meSchema = {
  operationId: 'showMe',
  summary: 'Show who the caller is, and what waits for them',
  tags: ['people'],
  response: { 200: me, ...refusals(403, 404) },
}

/** Every route that works on the data of the service. None of them knows how many organizations it serves. */
export function serviceRoutes(app: FastifyInstance, prisma: PrismaClient): void {
  useZodSchemas(app)
  repositoryRoutes(app, prisma)
  taskRoutes(app, prisma)
  const tags = ['results']
  const list = {
    operationId: 'listTestResults',
    summary: 'List the newest results',
    tags,
    querystring: resultsQuery,
    response: { 200: testResults, ...refusals(400) },
  }
  app.withTypeProvider<ZodSchemas>().get('/test-results', { schema: list }, async ({ query }) => {
    return await listTestResults(prisma, query)
  })
  const figures = {
    operationId: 'showStats',
    summary: 'Show the figures of the front page',
    tags,
    response: { 200: stats, ...refusals() },
  }
  app.get('/stats', { schema: figures }, async () => await readStats(prisma))
}
