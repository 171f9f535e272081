import type { FastifyInstance } from 'fastify'
import { stopOnSignals, stopSettings } from 'host-parts-example'

/** Listens on `HOST` and `PORT` of the environment, and stops on SIGTERM: see the README for how, and in which time. */
export async function serve(app: FastifyInstance): Promise<void> {
  const { readiness, server, log } = app
  stopOnSignals({ readiness, server, log, close: () => app.close(), ...stopSettings() })
  const port = Number(process.env['PORT'] ?? 3000)
  const address = await app.listen({
    port,
    host: process.env['HOST'] ?? 'localhost',
    listenTextResolver: () => 'listening',
  })
  log.info({ address }, 'FlakeGuard listens')
}
