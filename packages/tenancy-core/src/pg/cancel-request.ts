import type { BaseClient } from './pg-module.ts'

/** Cancels what runs on one connection, if `stillActive` says so when the request is about to be sent. */
export type CancelRequest = (stillActive: () => boolean) => Promise<void>

const answerTimeoutMs = 5000

/** The wire of the connection that carries the request. Structural: it is internal to `pg`. */
interface CancelWire {
  readonly stream: { destroy(): void; end(): void }
  connect(portOrPath: number | string, host?: string): void
  cancel(processId: number, secretKey: number): void
  requestSsl(): void
  on(event: string, listener: (error?: unknown) => void): unknown
}

/** A client, as far as a request has to know where it is connected. */
interface CancelTarget extends BaseClient {
  readonly secretKey?: number | null
  readonly host?: string
  readonly port?: number
  readonly ssl?: unknown
  readonly sslNegotiation?: string
}

/**
 * Asks the server, over a connection of its own, to cancel what runs on the connection of `target`. The server closes
 * the second connection when it has passed the request on: from then on it can hit nothing that is sent later.
 *
 * @returns a promise that rejects when the server did not confirm in that way.
 */
export function sendCancelRequest(
  target: BaseClient,
  messenger: BaseClient,
  stillActive: () => boolean,
): Promise<void> {
  const { processID, secretKey, host = '', port = 0, ssl, sslNegotiation } = target as CancelTarget
  const wire = messenger.connection as unknown as CancelWire
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error('The server did not answer a cancel request')), answerTimeoutMs)
    timer.unref()
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      wire.stream.destroy()
      reject(error instanceof Error ? error : new Error('The cancel request failed', { cause: error }))
    }
    const send = (): void => {
      if (stillActive() && typeof processID === 'number' && typeof secretKey === 'number') {
        wire.cancel(processID, secretKey)
      } else {
        wire.stream.end()
      }
    }
    wire.on('error', fail)
    wire.on('end', () => {
      clearTimeout(timer)
      resolve()
    })
    wire.on('connect', () => {
      if (!ssl) send()
      else if (sslNegotiation !== 'direct') wire.requestSsl()
    })
    wire.on('sslconnect', send)
    if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`)
    else wire.connect(port, host)
  })
}
