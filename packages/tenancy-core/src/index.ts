export { TenancyError, isTenancyError } from './tenancy-error.ts'
export type { TenancyErrorOptions } from './tenancy-error.ts'
