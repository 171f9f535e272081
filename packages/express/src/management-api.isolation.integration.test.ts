import { createOrganizations, organizationRoutes } from '@partywall/organizations'
import { describeManagementApi, managementDns, managementSettings } from '@partywall/testing/http-contract'
import { startHttpHost } from './http-host.fixture.ts'

describeManagementApi('express', {
  start: startHttpHost,
  open: (tenancy) => {
    const organizations = createOrganizations(tenancy, { settings: managementSettings, dns: managementDns })
    const emailOf = async (userId: string) => (userId === 'nobody' ? undefined : `${userId}@example.com`)
    return { directory: organizations, routes: organizationRoutes(organizations, { emailOf }) }
  },
})
