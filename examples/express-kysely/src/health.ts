import { Router } from 'express'
import type { Readiness } from 'host-parts-example'

/** `GET /health`, whether the process runs, and `GET /ready`, whether requests should be sent to it. Open to everybody. */
export function health(readiness: Readiness): Router {
  const router = Router()
  router.use((_, response, next) => {
    // Whoever keeps a connection opens the next one elsewhere, before this one is closed under a request.
    if (readiness.isStopping) response.set('connection', 'close')
    next()
  })
  router.get('/health', (_, response) => void response.json({ status: 'ok' }))
  router.get('/ready', async (_, response) => {
    const isReady = await readiness.check()
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready' })
  })
  return router
}
