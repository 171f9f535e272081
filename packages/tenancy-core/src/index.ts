export { TenancyError, isTenancyError } from './tenancy-error.ts'
export type { TenancyErrorOptions } from './tenancy-error.ts'
export { errorCodes } from './error-codes.ts'
export type { ErrorCode } from './error-codes.ts'
export { createTenancy } from './tenancy.ts'
export type { Tenancy } from './tenancy.ts'
export type { OperatorScope } from './operator-scope.ts'
export type { TenantPool } from './tenant-pool.ts'
export type { TenancyOptions } from './tenancy-options.ts'
export type { BatchStatement } from './pg/batch-run.ts'
export type { PoolStatistics } from './pg/pool-statistics.ts'
export type { OrganizationWait } from './pg/wait-ledger.ts'
export { createSealKey, readSealKey, writeSealKey } from './seal/seal-key.ts'
export type { SealKey } from './seal/seal-key.ts'
export { signTenant } from './seal/sign-tenant.ts'
export type { TenantClaim } from './seal/sign-tenant.ts'
export type { CapturedContext } from './captured-context.ts'
export type { Actor, TenantScope } from './scope.ts'
export type { TenancyEvent, TenancyListener } from './tenancy-event.ts'
export { coalesce } from './coalesce.ts'
export type { CoalesceOptions } from './coalesce.ts'
export type { Entitlement, Entitlements, EntitlementSet } from './entitlements.ts'
export type { Caller, Directory, InstallationOwner, Membership } from './directory.ts'
export { statementRunner } from './transaction/statement-runner.ts'
export { inTransaction } from './transaction/in-transaction.ts'
export { sqlStateOf } from './transaction/sql-state.ts'
export type { RunStatement } from './transaction/run-statement.ts'
export type {
  CallerTransaction,
  KyselyTransaction,
  PgTransaction,
  PrismaTransaction,
  WriteOptions,
} from './transaction/caller-transaction.ts'
