import { PrismaPg } from '@prisma/adapter-pg'
import fastify, { type FastifyInstance } from 'fastify'
import { PrismaClient } from '../generated/client.ts'
import { answerError } from '../src/answer-error.ts'
import { auth, requireUser } from '../src/auth.ts'
import { findMe } from '../src/queries/users.ts'
import { serviceRoutes } from '../src/routes/service-routes.ts'

export interface ServerOptions {
  readonly databaseUrl: string
  readonly tokenSecret: string
}

export async function createServer({ databaseUrl, tokenSecret }: ServerOptions): Promise<FastifyInstance> {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) })
  const app = fastify()
  app.setErrorHandler(answerError)
  app.addHook('onClose', () => prisma.$disconnect())
  await app.register(auth, { tokenSecret })
  app.get('/health', { config: { public: true } }, () => ({ status: 'ok' }))
  app.get('/me', async (request) => await findMe(prisma, requireUser(request).id))
  serviceRoutes(app, prisma)
  return app
}
