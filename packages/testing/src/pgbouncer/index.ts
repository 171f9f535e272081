export { startPgBouncer } from './start-pgbouncer.ts'
export type { PgBouncer, StartPgBouncerOptions } from './start-pgbouncer.ts'
export type { PoolMode } from './pgbouncer-settings.ts'
