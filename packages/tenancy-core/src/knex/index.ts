export { scopedKnex } from './scoped-knex.ts'
export type { ScopedKnexConfig } from './scoped-knex.ts'
