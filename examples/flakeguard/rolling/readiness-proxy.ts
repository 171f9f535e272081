import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What stands in front of the nodes, and sends requests to those that say that they are ready. */
export interface ReadinessProxy extends AsyncDisposable {
  readonly origin: string
  /** Puts a node in a place, whatever was there. */
  readonly place: (at: number, nodeOrigin: string) => void
  /** Resolves once the node in that place is sent requests. */
  readonly readyAt: (at: number) => Promise<void>
}

interface Place {
  origin: string
  isReady: boolean
}

/** How often each node is asked, in milliseconds: well below the time for which a stopping node still answers. */
const askEveryMs = 100

/**
 * A load balancer in little. It tries no request a second time: what a node refuses or drops is answered with 502, and so
 * counts as failed.
 */
export async function startReadinessProxy(): Promise<ReadinessProxy> {
  const places: Place[] = []
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const server = createServer((incoming, response) => {
    const ready = places.filter(({ isReady }) => isReady)
    turn += 1
    const chosen = ready[turn % ready.length]
    if (chosen === undefined) return void response.writeHead(503).end()
    forward(chosen.origin, { incoming, response, agent })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asking = setInterval(() => void Promise.all(places.map(ask)), askEveryMs)
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    place: (at, origin) => void (places[at] = { origin, isReady: false }),
    readyAt: async (at) => {
      while (places[at]?.isReady !== true) await new Promise((resolve) => setTimeout(resolve, askEveryMs))
    },
    async [Symbol.asyncDispose]() {
      clearInterval(asking)
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await once(server, 'close')
    },
  }
}

async function ask(place: Place): Promise<void> {
  const { origin } = place
  const isReady = await fetch(`${origin}/ready`, { signal: AbortSignal.timeout(1_000) }).then(
    async (answer) => (await answer.text(), answer.status === 200),
    () => false,
  )
  place.isReady = isReady
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly agent: Agent
}

function forward(origin: string, { incoming, response, agent }: Exchange): void {
  const { method, url = '/', headers } = incoming
  const outgoing = request(new URL(url, origin), { method, headers, agent }, (answer) => {
    const { connection: _, ...kept } = answer.headers
    response.writeHead(answer.statusCode ?? 502, kept)
    answer.pipe(response)
    answer.once('error', () => response.destroy())
  })
  outgoing.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
  incoming.pipe(outgoing)
}
