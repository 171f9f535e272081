export { partywall } from './partywall.ts'
export type { PartywallOptions, RequestClaim, RequestTenancy } from './partywall.ts'
