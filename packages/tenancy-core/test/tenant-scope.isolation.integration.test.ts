import { describeTenantScope } from '@partywall/testing/contract'
import { libraries } from './contract/libraries.ts'

for (const { name, ...library } of libraries) describeTenantScope(name, library)
