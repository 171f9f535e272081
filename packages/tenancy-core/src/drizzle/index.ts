export { scopedCache } from './scoped-cache.ts'
export type { DrizzleCache } from './scoped-cache.ts'
