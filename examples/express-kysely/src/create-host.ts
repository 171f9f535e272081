import { keepResponses, notFound, partywall, problems } from '@partywall/express'
import { createOrganizations, organizationRoutes, type InvitationMailer } from '@partywall/organizations'
import { createTenancy } from '@partywall/tenancy-core'
import {
  claimFromApiKey,
  claimFromUser,
  firstClaim,
  organizationFromHeader,
  userFromBearer,
} from '@partywall/tenancy-core/http'
import { tenantFilterPlugin } from '@partywall/tenancy-core/kysely'
import express, { type Express } from 'express'
import { createLog, createReadiness, type Readiness, type VerifyToken } from 'host-parts-example'
import { Kysely, PostgresDialect } from 'kysely'
import type { Logger } from 'pino'
import { answerError } from './answer-error.ts'
import { findEmail } from './find-email.ts'
import { health } from './health.ts'
import { describedProjectRoutes, projectRoutes } from './project-routes.ts'
import { requestLog } from './request-log.ts'
import type { Schema } from './schema.ts'

export interface HostOptions {
  readonly databaseUrl: string
  readonly operatorUrl: string
  readonly verifyToken: VerifyToken
  readonly mailer?: InvitationMailer
  readonly writeLog?: (line: string) => void
}

/** The service, not listening yet. */
export interface Host {
  readonly app: Express
  readonly readiness: Readiness
  readonly log: Logger
  /** Closes the pools. */
  readonly close: () => Promise<void>
}

export function createHost(options: HostOptions): Host {
  const { databaseUrl, operatorUrl, verifyToken, mailer, writeLog: write } = options
  const tenancy = createTenancy({
    pool: { connectionString: databaseUrl },
    operator: { connectionString: operatorUrl },
  })
  const organizations = createOrganizations(tenancy, { mailer })
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: tenancy.pool }),
    plugins: [tenantFilterPlugin({ tenancy, tables: ['projects', 'notes'] })],
  })
  const log = createLog({ write, context: () => ({ organizationId: tenancy.currentTenant()?.organizationId }) })
  const readiness = createReadiness(() => tenancy.bootstrap(() => tenancy.pool.query('select 1')))
  const organization = organizationFromHeader()
  const app = express()
  app.disable('x-powered-by')
  app.use(keepResponses(), requestLog(log), health(readiness))
  app.use(
    partywall({
      tenancy,
      directory: organizations,
      claim: firstClaim(
        claimFromApiKey({ organization }),
        claimFromUser({ user: userFromBearer(verifyToken), organization }),
      ),
      prefix: '/v1',
      routes: [organizationRoutes(organizations, { emailOf: (userId) => findEmail(tenancy, userId) })],
      reference: { title: 'Notes', version: '1', own: () => describedProjectRoutes },
    }),
  )
  app.use(projectRoutes(db))
  app.use(notFound(), problems(), answerError)
  return { app, readiness, log, close: () => tenancy.close() }
}
