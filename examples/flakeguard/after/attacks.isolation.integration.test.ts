import { describeTenantAttacks } from '@partywall/testing/http-attacks'
import { startAttackedHost } from '../test/start-attacked-host.ts'
import { createServer } from './server.ts'

// The description needs no database: nothing connects before a statement.
const nowhere = 'postgresql://nobody@localhost/nothing'
const described = await createServer({
  databaseUrl: nowhere,
  operatorUrl: nowhere,
  verifyToken: () => Promise.resolve(undefined),
  writeLog: () => undefined,
})
const document = (await described.inject('/v1/openapi.json')).json<Record<string, unknown>>()
await described.close()

describeTenantAttacks('FlakeGuard', {
  document,
  start: startAttackedHost,
  // Those of organizations are attacked where they are from.
  routes: ({ path }) => !path.startsWith('/v1/'),
})
