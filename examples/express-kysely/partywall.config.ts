import { defineConfig } from 'partywall'

// As `partywall init` wrote it, with the name of the team that was here first.
export default defineConfig({
  tenantColumn: 'org_id',
  defaultOrganization: { slug: 'acme', name: 'Acme' },
  users: { table: 'users', id: 'id', email: 'email' },
})
