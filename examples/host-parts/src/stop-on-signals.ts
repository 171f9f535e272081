import type { Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Readiness } from './readiness.ts'

/** What is stopped, and in which time. */
export interface StopOptions {
  readonly readiness: Readiness
  readonly server: Server
  /** Stops listening, waits for the requests in flight, and closes the pools after them. */
  readonly close: () => Promise<unknown>
  readonly log: Pick<Logger, 'info' | 'error'>
  /** For how long requests are still taken after `/ready` says no: longer than the load balancer takes to notice. */
  readonly noticeMs: number
  /** How long the rest may take. After it the process ends with 1, whatever is left. */
  readonly timeoutMs: number
}

/** Ends the process on SIGTERM and SIGINT as {@link stopHost} does; on a second signal at once. */
export function stopOnSignals(options: StopOptions): void {
  let isStopping = false
  const onSignal = (signal: string): void => {
    if (isStopping) process.exit(1)
    isStopping = true
    options.log.info({ signal }, 'stopping')
    void stopHost(options).then((isClean) => process.exit(isClean ? 0 : 1))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
}

/** Not ready first, then no new connections, then the requests in flight, then the pools. Tells whether all of it ended in time. */
async function stopHost(options: StopOptions): Promise<boolean> {
  const { readiness, server, close, log, noticeMs, timeoutMs } = options
  readiness.stop()
  await delay(noticeMs)
  // A connection whose last answer was sent would be kept for its next request until it times out.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const ended = close().then(
    () => true,
    (error: unknown) => {
      log.error({ err: error }, 'could not stop')
      return false
    },
  )
  const late = delay(timeoutMs, false, { ref: false }).then(() => {
    log.error({ timeoutMs }, 'requests were cut off')
    return false
  })
  const isClean = await Promise.race([ended, late])
  clearInterval(idle)
  if (isClean) log.info('stopped')
  return isClean
}
