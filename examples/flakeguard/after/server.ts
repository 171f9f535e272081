import { partywall } from '@partywall/fastify'
import { createOrganizations, organizationRoutes } from '@partywall/organizations'
import { createTenancy } from '@partywall/tenancy-core'
import { scopedPrisma } from '@partywall/tenancy-core/prisma'
import fastify, { type FastifyInstance } from 'fastify'
import { PrismaClient } from '../generated/client.ts'
import { answerError } from '../src/answer-error.ts'
import { auth, requireUser } from '../src/auth.ts'
import { findMe } from '../src/queries/users.ts'
import { serviceRoutes } from '../src/routes/service-routes.ts'
import { settingsSchema } from '../src/settings.ts'

export interface ServerOptions {
  readonly databaseUrl: string
  readonly operatorUrl: string
  readonly tokenSecret: string
}

export async function createServer({ databaseUrl, operatorUrl, tokenSecret }: ServerOptions): Promise<FastifyInstance> {
  const tenancy = createTenancy({
    pool: { connectionString: databaseUrl },
    operator: { connectionString: operatorUrl },
  })
  const organizations = createOrganizations(tenancy, { settings: settingsSchema })
  const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
  const app = fastify()
  app.setErrorHandler(answerError)
  app.addHook('onClose', () => prisma.$disconnect())
  app.addHook('onClose', () => tenancy.close())
  await app.register(auth, { tokenSecret })
  await app.register(partywall, {
    tenancy,
    directory: organizations,
    claim: (request) => ({ userId: request.user?.id, organization: request.headers['x-organization'] }),
    routes: [organizationRoutes(organizations)],
  })
  // Viewers read, members write too.
  app.addHook('onRoute', (route) => {
    const action = /^(GET|HEAD)$/.test(String(route.method)) ? 'read' : 'write'
    route.config = { permission: `flakeguard:${action}`, ...route.config }
  })
  app.get('/health', { config: { public: true, tenancy: false } }, () => ({ status: 'ok' }))
  app.get('/me', async (request) => {
    const { id } = requireUser(request)
    return { ...(await findMe(prisma, id)), organizations: await organizations.listMine(id) }
  })
  serviceRoutes(app, prisma)
  return app
}
