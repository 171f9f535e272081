export { createAppLogin } from './create-app-login.ts'
export type { AppLogin, AppLoginOptions } from './create-app-login.ts'
export type { PostgresMajor } from './postgres-binaries.ts'
export type {
  ConnectionTarget,
  CreateDatabaseOptions,
  PostgresServer,
  PostgresSource,
  TestDatabase,
} from './postgres-server.ts'
export { startPostgres } from './start-postgres.ts'
export type { StartPostgresOptions } from './start-postgres.ts'
export { assertIsolation } from './isolation/assert-isolation.ts'
export type { IsolationScope, PoolAttackOptions } from '@partywall/rls-migrations'
