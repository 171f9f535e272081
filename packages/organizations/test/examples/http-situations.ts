import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import { expect } from 'vitest'
import type { ExpressNames } from './http-names.ts'

/** What a host answers that an example has put together, where the example does not show it. */
export const answersOf: Readonly<Record<string, (names: ExpressNames) => Promise<void>>> = {
  'packages/express/src/partywall.ts': async ({ app, request }) => {
    const { authorization: _, ...anonymous } = request.headers
    expect(await statusOf(app, '/health', {})).toBe(200)
    expect(await statusOf(app, '/repositories', request.headers)).toBe(200)
    expect(await statusOf(app, '/repositories', anonymous)).toBe(401)
  },
}

async function statusOf(app: Express, path: string, headers: Record<string, string>): Promise<number> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
