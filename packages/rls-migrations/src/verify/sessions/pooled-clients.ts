import { passThrough, tenantOf, type SessionProbe } from './session-probe.ts'

/** Requests that follow each other on one connection of a pooler, wherever the transactions before them ended. */
const ROUNDS = 4

/** Behind a pooler two clients share connections: what one leaves on them, the other finds. */
export const pooledClients: SessionProbe = {
  name: 'pooled-clients',
  promise: 'the tenant of one client is gone for the next one on its connection',
  run: async (scene) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, next] = round % 2 === 0 ? scene.clients : scene.clients.toReversed()
      if (one === undefined || next === undefined) return undefined
      await passThrough(one, scene, round < 2 ? 'commit' : 'rollback')
      for (const client of [next, one]) {
        const tenant = await tenantOf(client, scene.setting)
        if (tenant !== undefined)
          return `a client of ${client.login} found itself in the tenant of the request before it`
      }
    }
    return undefined
  },
}
