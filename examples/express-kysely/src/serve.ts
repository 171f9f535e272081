import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { stopOnSignals, stopSettings } from 'host-parts-example'
import type { Host } from './create-host.ts'

/** A host that listens. */
export interface ListeningHost {
  readonly server: Server
  readonly origin: string
  /** Stops listening, waits for the requests in flight, and closes the pools after them. */
  readonly close: () => Promise<void>
}

export async function listen(host: Host, { port = 0, address = '127.0.0.1' } = {}): Promise<ListeningHost> {
  const server = createServer(host.app).listen(port, address)
  await once(server, 'listening')
  const origin = `http://${address}:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    await promisify(server.close.bind(server))()
    await host.close()
  }
  return { server, origin, close }
}

/** Listens on `HOST` and `PORT` of the environment, and stops on SIGTERM. */
export async function serve(host: Host): Promise<string> {
  const { readiness, log } = host
  const { server, origin, close } = await listen(host, {
    port: Number(process.env['PORT'] ?? 4000),
    address: process.env['HOST'] ?? '127.0.0.1',
  })
  stopOnSignals({ readiness, server, log, close, ...stopSettings() })
  log.info({ address: origin }, 'the notes listen')
  return origin
}
