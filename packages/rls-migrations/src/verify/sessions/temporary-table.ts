import { describe } from '../probe.ts'
import type { SessionProbe } from './session-probe.ts'

/** A temporary table would stay on the connection, in front of the real one of its name, for whoever comes next. */
export const temporaryTable: SessionProbe = {
  name: 'temporary-table',
  promise: 'the application leaves no temporary table on a connection',
  run: async ({ clients: [client] }) => {
    const opened = await client.begin()
    const outcome = opened.kind === 'error' ? opened : await client.run(['create temporary table partywall_probe ()'])
    await client.rollback()
    if (outcome.kind === 'error') return outcome.sqlState === '42501' ? undefined : describe(outcome)
    return `${client.login} makes temporary tables, which the next organization on its connection finds`
  },
}
