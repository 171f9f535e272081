export { scopedPrisma } from './scoped-prisma.ts'
export type { ScopedPrismaOptions } from './scoped-prisma.ts'
export { tenantFilterExtension } from './tenant-filter-extension.ts'
export type { TenantFilterExtensionOptions } from './tenant-filter-extension.ts'
