export { createContractDatabase } from './contract-database.ts'
export type { ContractDatabase, ContractOrganization } from './contract-database.ts'
export { describeTenantScope } from './describe-tenant-scope.ts'
export type { DescribeTenantScopeOptions } from './describe-tenant-scope.ts'
export { codeOf } from './expectations.ts'
export { keepPromise } from './keep-promise.ts'
export type { PromiseTarget } from './keep-promise.ts'
export type {
  Capability,
  Lacks,
  OpenScope,
  OpenScopeOptions,
  Queries,
  RepositoryRow,
  RepositoryWithTests,
  ScopeUnderTest,
  TestRow,
} from './scope-under-test.ts'
export type { Stage, TenantScopePromise } from './tenant-scope-promise.ts'
export { tenantScopePromises } from './tenant-scope-promises.ts'
export type { WireProxy } from './wire-proxy.ts'
