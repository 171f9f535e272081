export { collectRoutes } from './collect-routes.ts'
export { partywall } from './partywall.ts'
export type { PartywallOptions } from './partywall.ts'
export type { RequestClaim, RequestTenancy } from '@partywall/tenancy-core/http'
