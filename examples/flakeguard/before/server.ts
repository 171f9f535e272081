import { PrismaPg } from '@prisma/adapter-pg'
import fastify, { type FastifyInstance } from 'fastify'
import type { VerifyToken } from 'host-parts-example'
import { PrismaClient } from '../generated/client.ts'
import { answerError } from '../src/answer-error.ts'
import { auth, requireUser } from '../src/auth.ts'
import { health } from '../src/health.ts'
import { findMe } from '../src/queries/users.ts'
import { meSchema, serviceRoutes } from '../src/routes/service-routes.ts'
import { requestLog, serverSettings } from '../src/server-settings.ts'

export interface ServerOptions {
  readonly databaseUrl: string
  readonly verifyToken: VerifyToken
  readonly writeLog?: (line: string) => void
}

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { databaseUrl, verifyToken, writeLog: write } = options
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) })
  const app = fastify(serverSettings({ write }))
  app.setErrorHandler(answerError)
  app.addHook('onClose', () => prisma.$disconnect())
  await app.register(requestLog)
  await app.register(health, { ask: () => prisma.$queryRaw`select 1` })
  await app.register(auth, { verifyToken })
  app.get('/me', { schema: meSchema }, async (request) => await findMe(prisma, requireUser(request).id))
  serviceRoutes(app, prisma)
  return app
}
