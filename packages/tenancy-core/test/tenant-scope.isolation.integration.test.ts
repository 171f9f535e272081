import { describeTenantScope } from '@partywall/testing/contract'
import { libraries } from './contract/libraries.ts'

for (const { name, ...library } of libraries) describeTenantScope(name, library)

// Each way to send a context, once.
for (const { name, ...library } of libraries.filter((one) => ['pg', 'pg, pipelined', 'Prisma'].includes(one.name))) {
  describeTenantScope(`${name}, with a sealed context`, { ...library, sealed: true })
}
