export { scopedTypeorm } from './scoped-typeorm.ts'
export type { ScopedTypeormOptions } from './scoped-typeorm.ts'
