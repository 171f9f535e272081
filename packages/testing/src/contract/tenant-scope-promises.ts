import { connections } from './promises/connections.ts'
import { databaseShape } from './promises/database-shape.ts'
import { statements } from './promises/statements.ts'
import { tenantOfACall } from './promises/tenant-of-a-call.ts'
import { transactions } from './promises/transactions.ts'
import { writes } from './promises/writes.ts'
import type { TenantScopePromise } from './tenant-scope-promise.ts'

/** Every promise of a tenant scope: the same list for each library, with a pooler in between and without. */
export const tenantScopePromises: readonly TenantScopePromise[] = [
  ...tenantOfACall,
  ...transactions,
  ...connections,
  ...statements,
  ...writes,
  ...databaseShape,
]
