import { describeTenantScope } from '@partywall/testing/contract'
import { openKyselyScope } from './contract/kysely-scope.ts'
import { openPgScope } from './contract/pg-scope.ts'
import { openPrismaScope } from './contract/prisma-scope.ts'

describeTenantScope('pg', { open: openPgScope, capabilities: ['session', 'stream'] })
describeTenantScope('Kysely', { open: openKyselyScope, capabilities: ['session', 'stream'] })
describeTenantScope('Prisma', { open: openPrismaScope, capabilities: ['lazyList'] })
