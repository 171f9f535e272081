import { defineConfig } from 'partywall'

export default defineConfig({
  tenantColumn: 'orgId',
  users: { table: 'User', id: 'id', email: 'email' },
  // Sign-in belongs to a person, who may be in many organizations: a session of one organization would make no sense.
  tables: { skipped: ['Session', 'ApiToken'] },
})
