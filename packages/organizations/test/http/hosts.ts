import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { keepResponses, notFound, partywall as expressPartywall } from '@partywall/express'
import { partywall as fastifyPartywall } from '@partywall/fastify'
import type { Directory, Tenancy } from '@partywall/tenancy-core'
import {
  claimFromApiKey,
  claimFromUser,
  firstClaim,
  organizationFromHeader,
  userFromBearer,
} from '@partywall/tenancy-core/http'
import type { ClaimRequest, Route } from '@partywall/tenancy-core/http'
import { prefix } from './attack-client.ts'
import { faultRoute } from './attack-fault.ts'
import { verifySession } from './session-token.ts'

/** What a host is made of. */
export interface HostParts {
  readonly tenancy: Tenancy
  readonly directory: Directory
  readonly routes: readonly Route[]
}

/** A host that listens on a real socket. */
export interface RunningHost extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
}

export const hostNames = ['fastify', 'express'] as const
export type HostName = (typeof hostNames)[number]

/** Starts a host that takes API keys, and sessions with an organization in a header. */
export function startHost(name: HostName, parts: HostParts): Promise<RunningHost> {
  return name === 'fastify' ? startFastify(parts) : startExpress(parts)
}

const shared = { prefix, bodyLimitBytes: 20_000, reference: { title: 'Attacked', version: '1' } } as const

const claim = firstClaim<ClaimRequest>(
  claimFromApiKey({ organization: organizationFromHeader() }),
  claimFromUser({ user: userFromBearer(verifySession), organization: organizationFromHeader() }),
)

async function startFastify({ tenancy, directory, routes }: HostParts): Promise<RunningHost> {
  const app = fastify({ forceCloseConnections: true })
  await app.register(fastifyPartywall, { ...shared, tenancy, directory, claim, routes: [routes, [faultRoute]] })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  return { origin, [Symbol.asyncDispose]: () => app.close() }
}

async function startExpress({ tenancy, directory, routes }: HostParts): Promise<RunningHost> {
  const app = express()
  app.disable('x-powered-by')
  app.use(keepResponses())
  app.use(expressPartywall({ ...shared, tenancy, directory, claim, routes: [routes, [faultRoute]] }))
  app.use(notFound())
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
