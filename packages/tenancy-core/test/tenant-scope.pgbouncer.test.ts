import { describeTenantScope } from '@partywall/testing/contract'
import { startPgBouncer } from '@partywall/testing/pgbouncer'
import { testServer } from '@partywall/testing/vitest'
import { openKyselyScope } from './contract/kysely-scope.ts'
import { openPgScope } from './contract/pg-scope.ts'
import { openPrismaScope } from './contract/prisma-scope.ts'

const pooler = async (): Promise<Awaited<ReturnType<typeof startPgBouncer>>> =>
  await startPgBouncer({ adminUrl: (await testServer()).url(), poolMode: 'transaction', install: true })

describeTenantScope('pg through PgBouncer', { open: openPgScope, capabilities: ['session', 'stream'], pooler })
describeTenantScope('Kysely through PgBouncer', { open: openKyselyScope, capabilities: ['session', 'stream'], pooler })
describeTenantScope('Prisma through PgBouncer', { open: openPrismaScope, capabilities: ['lazyList'], pooler })
