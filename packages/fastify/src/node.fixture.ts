import fastify from 'fastify'
import { createOrganizations } from '@partywall/organizations'
import { createTenancy } from '@partywall/tenancy-core'
import {
  claimFromApiKey,
  claimFromUser,
  firstClaim,
  organizationFromHeader,
  userFromBearer,
} from '@partywall/tenancy-core/http'
import type { ClaimRequest } from '@partywall/tenancy-core/http'
import { partywall } from './partywall.ts'

/** One node of a service of several: prints its origin, and ends with its input. */
const tenancy = createTenancy({ pool: { connectionString: process.env['APP_DATABASE_URL'], max: 3 } })
const app = fastify({ forceCloseConnections: true })
await app.register(partywall, {
  tenancy,
  directory: createOrganizations(tenancy),
  claim: firstClaim<ClaimRequest>(
    claimFromApiKey(),
    claimFromUser({
      user: userFromBearer((token) => token.replace('token-of-', '')),
      organization: organizationFromHeader(),
    }),
  ),
})
app.get('/projects', { config: { permission: 'projects:read' } }, async () => {
  const { rows } = await tenancy.pool.query<{ name: string }>('select name from projects order by id')
  return rows.map(({ name }) => name)
})
app.post('/projects', { config: { permission: 'projects:write' } }, () => 'written')
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
process.stdin.on('end', () => void app.close().then(() => tenancy.close())).resume()
