import type { WriteOptions } from './transaction/caller-transaction.ts'

/** What a plan includes of something: how many, whether at all, or without a limit. */
export type Entitlement = number | boolean | 'unlimited'

/** All that an organization is entitled to at one moment. */
export interface EntitlementSet {
  /** The plan that is in force. */
  readonly plan: string
  /** The billing period, where billing tells one. */
  readonly periodStart: Date | null
  readonly periodEnd: Date | null
  readonly values: Readonly<Record<string, Entitlement>>
}

/**
 * What organizations may have of the service. Features ask here and know no plan: who sells plans answers. Trials and
 * subscriptions that have ended by the clock of the database count for nothing, whether or not anybody wrote so.
 */
export interface Entitlements {
  /**
   * What an organization is entitled to, of one thing. In a `transaction` of the caller it is what that transaction sees.
   *
   * @throws {TenancyError} `ENTITLEMENT_UNKNOWN` for a key that no plan has.
   */
  entitlement(organizationId: string, key: string, options?: WriteOptions): Promise<Entitlement>

  /** All of it, in one look. */
  entitlements(organizationId: string, options?: WriteOptions): Promise<EntitlementSet>
}
