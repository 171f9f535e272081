import { createOrganizations, organizationRoutes } from '@partywall/organizations'
import { describeManagementApi, managementSettings } from '@partywall/testing/http-contract'
import { startHttpHost } from './http-host.fixture.ts'

describeManagementApi('express', {
  start: startHttpHost,
  open: (tenancy) => {
    const organizations = createOrganizations(tenancy, { settings: managementSettings })
    const emailOf = async (userId: string): Promise<string> => `${userId}@example.com`
    return { directory: organizations, routes: organizationRoutes(organizations, { emailOf }) }
  },
})
