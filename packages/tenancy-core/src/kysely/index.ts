export { tenantFilterPlugin } from './tenant-filter-plugin.ts'
export type { TenantFilterOptions } from './tenant-filter-plugin.ts'
export type { TenantDatabase } from './tenant-database.ts'
