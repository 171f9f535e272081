import { collectRoutes, partywall } from '@partywall/fastify'
import { createOrganizations, organizationRoutes, type InvitationMailer } from '@partywall/organizations'
import { createTenancy } from '@partywall/tenancy-core'
import { claimFromApiKey, claimFromUser, firstClaim, organizationFromHeader } from '@partywall/tenancy-core/http'
import { scopedPrisma } from '@partywall/tenancy-core/prisma'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { VerifyToken } from 'host-parts-example'
import { PrismaClient } from '../generated/client.ts'
import { answerError } from '../src/answer-error.ts'
import { auth, requireUser } from '../src/auth.ts'
import { health } from '../src/health.ts'
import { findMe } from '../src/queries/users.ts'
import { meSchema, serviceRoutes } from '../src/routes/service-routes.ts'
import { requestLog, serverSettings } from '../src/server-settings.ts'
import { settingsSchema } from '../src/settings.ts'
import { findEmail } from './find-email.ts'

export interface ServerOptions {
  readonly databaseUrl: string
  readonly operatorUrl: string
  readonly verifyToken: VerifyToken
  readonly mailer?: InvitationMailer
  readonly writeLog?: (line: string) => void
}

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { databaseUrl, operatorUrl, verifyToken, mailer, writeLog: write } = options
  const tenancy = createTenancy({
    pool: { connectionString: databaseUrl },
    pipeline: { connections: 4 },
    operator: { connectionString: operatorUrl },
  })
  const organizations = createOrganizations(tenancy, { settings: settingsSchema, mailer })
  const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
  const context = () => ({ organizationId: tenancy.currentTenant()?.organizationId })
  const app = fastify(serverSettings({ write, context }))
  app.setErrorHandler(answerError)
  app.addHook('onClose', () => prisma.$disconnect())
  app.addHook('onClose', () => tenancy.close())
  await app.register(requestLog)
  await app.register(health, { ask: () => tenancy.bootstrap(() => prisma.$queryRaw`select 1`) })
  await app.register(auth, { verifyToken, keyPrefix: 'pwk_', open: ['/v1/docs', '/v1/openapi.json'] })
  const organization = organizationFromHeader()
  await app.register(partywall, {
    tenancy,
    directory: organizations,
    claim: firstClaim(
      claimFromApiKey({ organization }),
      claimFromUser({ user: (request: FastifyRequest) => request.user?.id, organization }),
    ),
    prefix: '/v1',
    routes: [organizationRoutes(organizations, { emailOf: (userId) => findEmail(tenancy, userId) })],
    reference: { title: 'FlakeGuard', version: '1', own: collectRoutes(app) },
  })
  // Viewers read, members write too.
  app.addHook('onRoute', (route) => {
    const action = /^(GET|HEAD)$/.test(String(route.method)) ? 'read' : 'write'
    route.config = { permission: `flakeguard:${action}`, ...route.config }
  })
  app.get('/me', { schema: meSchema }, async (request) => {
    const { id } = requireUser(request)
    return { ...(await findMe(prisma, id)), organizations: await organizations.listMine(id) }
  })
  serviceRoutes(app, prisma)
  return app
}
