import { openApiDocument } from '@partywall/tenancy-core/http'
import { describeTenantAttacks } from '@partywall/testing/http-attacks'
import { describedProjectRoutes } from './src/project-routes.ts'
import { startAttackedHost } from './test/start-attacked-host.ts'

describeTenantAttacks('the notes', {
  document: openApiDocument({ title: 'Notes', version: '1', routes: [], own: describedProjectRoutes }),
  start: startAttackedHost,
})
