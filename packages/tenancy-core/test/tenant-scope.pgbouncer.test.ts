import { describeTenantScope } from '@partywall/testing/contract'
import { startPgBouncer } from '@partywall/testing/pgbouncer'
import { testServer } from '@partywall/testing/vitest'
import { libraries } from './contract/libraries.ts'

const pooler = async (): Promise<Awaited<ReturnType<typeof startPgBouncer>>> =>
  await startPgBouncer({ adminUrl: (await testServer()).url(), poolMode: 'transaction', install: true })

for (const { name, ...library } of libraries) {
  describeTenantScope(`${name} through PgBouncer`, { ...library, pooler })
}

for (const { name, ...library } of libraries.filter((one) => one.name === 'pg')) {
  describeTenantScope(`${name} through PgBouncer, with a sealed context`, { ...library, pooler, sealed: true })
}
