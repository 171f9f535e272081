import { createOrganizations } from '@partywall/organizations'
import { describeHttpHost } from '@partywall/testing/http-contract'
import { startHttpHost } from './http-host.fixture.ts'

describeHttpHost('fastify', {
  start: startHttpHost,
  directory: createOrganizations,
  createApiKey: (tenancy, key) => createOrganizations(tenancy).createApiKey(key),
})
