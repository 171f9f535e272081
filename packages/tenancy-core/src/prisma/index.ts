export { scopedPrisma } from './scoped-prisma.ts'
export type { ScopedPrismaOptions } from './scoped-prisma.ts'
