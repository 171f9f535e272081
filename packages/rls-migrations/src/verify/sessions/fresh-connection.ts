import { tenantOf, type SessionProbe } from './session-probe.ts'

/** A default of the role, of the database, of the connection string or of a pooler is seen on a new connection only. */
export const freshConnection: SessionProbe = {
  name: 'fresh-connection',
  promise: 'a new connection of the application starts without a tenant',
  run: async ({ clients: [client], setting }) => {
    const tenant = await tenantOf(client, setting)
    return tenant === undefined ? undefined : `a new connection of ${client.login} is in a tenant before it says so`
  },
}
