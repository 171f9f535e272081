import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createReadiness, type Readiness } from 'host-parts-example'

/** What {@link health} needs. */
export interface HealthOptions {
  /** Asks the database something cheap. */
  readonly ask: () => PromiseLike<unknown>
}

declare module 'fastify' {
  interface FastifyInstance {
    readiness: Readiness
  }
}

/**
 * `GET /health`, whether the process runs, and `GET /ready`, whether requests should be sent to it: the database answers,
 * and it is not about to stop. Both are open to everybody and belong to no organization.
 */
export const health: (app: FastifyInstance, options: HealthOptions) => Promise<void> = fp(
  async (app: FastifyInstance, { ask }: HealthOptions) => {
    const readiness = createReadiness(ask)
    const config = { public: true, tenancy: false } as const
    app.decorate('readiness', readiness)
    app.get('/health', { config }, () => ({ status: 'ok' }))
    app.get('/ready', { config }, async (_, reply) => {
      const isReady = await readiness.check()
      return reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready' })
    })
    // Whoever keeps a connection opens the next one elsewhere, before this one is closed under a request.
    app.addHook('onSend', async (_, reply) => {
      if (readiness.isStopping) reply.header('connection', 'close')
    })
  },
  { name: 'flakeguard-health' },
)
