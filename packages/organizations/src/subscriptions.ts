import type { Entitlement, Entitlements } from '@partywall/tenancy-core'
import type { AdministrationOptions } from './administration.ts'

export const storedStatuses = ['incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled'] as const

/** A state of a subscription, as billing tells it. */
export type StoredSubscriptionStatus = (typeof storedStatuses)[number]

/** What billing tells of a subscription: the whole of it, each time. */
export interface SubscriptionState {
  readonly plan: string
  /** A trial needs `trialEndsAt`. */
  readonly status: StoredSubscriptionStatus
  readonly currentPeriodStart?: Date | null | undefined
  readonly currentPeriodEnd?: Date | null | undefined
  readonly trialEndsAt?: Date | null | undefined
  /** From then on it counts for nothing, as if it were canceled: for a cancellation at the end of the period. */
  readonly endsAt?: Date | null | undefined
  /**
   * Seats that are paid for; `null` for no limit. They become the seat limit. Where more members are there they stay, and
   * nobody comes until there are fewer.
   *
   * @defaultValue those of the plan where it has `seats`; else as it was
   */
  readonly seats?: number | null | undefined
  /** What this organization gets in place of what the plan includes. @defaultValue as it was */
  readonly overrides?: Readonly<Record<string, Entitlement>> | undefined
  /**
   * When billing came to this state, by its clock, or when it was read there. What is older than what is known changes
   * nothing. Not over five minutes in the future.
   */
  readonly occurredAt: Date
  /** Tells states of one moment apart, where billing counts them. @defaultValue 0 */
  readonly sequence?: number | undefined
}

/** What an organization has, now. */
export interface Subscription {
  /** The plan that is in force: the fallback when the subscription does not count. */
  readonly plan: string
  /** The plan that was bought; `null` without a subscription. */
  readonly subscribedPlan: string | null
  /** `none` without a subscription; `expired` when the trial has ended, `canceled` also when `endsAt` has passed. */
  readonly status: StoredSubscriptionStatus | 'none' | 'expired'
  /** Seats that are paid for; `null` for no limit, or where the subscription says nothing of seats. */
  readonly seats: number | null
  readonly currentPeriodStart: Date | null
  readonly currentPeriodEnd: Date | null
  readonly trialEndsAt: Date | null
  readonly endsAt: Date | null
  /** What the organization is entitled to, by the plan that is in force and what it was given beside. */
  readonly entitlements: Readonly<Record<string, Entitlement>>
}

/**
 * Plans of organizations. Billing, which is the operator, says what was bought; the organization reads it; the port
 * {@link Entitlements} tells other packages what follows. Every change appends `subscription.changed` to the outbox in the
 * same transaction, whoever writes; that a trial has run out is seen when it is read, and written by nobody.
 */
export interface Subscriptions extends Entitlements {
  /**
   * The subscription of the organization in scope, and what follows from it now.
   *
   * @throws {TenancyError} `SUBSCRIPTION_PLAN_UNKNOWN` when it has a plan that the service does not define.
   * @throws {TenancyError} `TENANT_REQUIRED` outside a scope, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const { plan, status } = await organizations.subscription() // { plan: 'free', status: 'none' }
   * ```
   */
  subscription(): Promise<Subscription>

  /**
   * Takes over what billing tells. It may be told twice and in any order: `outdated` and `duplicate` change nothing.
   *
   * @throws {TenancyError} `SUBSCRIPTION_INVALID`, `SUBSCRIPTION_PLAN_UNKNOWN` or `ORGANIZATION_UNKNOWN`.
   * @throws {TenancyError} `SUBSCRIPTION_CONFLICT` for another state of the same moment: which one was later, nobody knows.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE`, `TRANSACTION_INVALID`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const outcome = await organizations.setSubscription({
   *   organizationId, plan: 'pro', status: 'active', seats: 20, occurredAt: new Date(event.created * 1000), actor,
   * })
   * outcome // 'applied'
   * ```
   */
  setSubscription(
    state: SubscriptionState & { readonly organizationId: string } & AdministrationOptions,
  ): Promise<'applied' | 'duplicate' | 'outdated'>

  /**
   * What an organization is entitled to, of one thing: in any scope, or none.
   *
   * @throws {TenancyError} `ENTITLEMENT_UNKNOWN` for a key that no plan has, `SUBSCRIPTION_PLAN_UNKNOWN`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const limit = await organizations.entitlement(organizationId, 'repositories') // 3
   * ```
   */
  entitlement: Entitlements['entitlement']

  /**
   * All that an organization is entitled to, in one look.
   *
   * @throws {TenancyError} `SUBSCRIPTION_PLAN_UNKNOWN`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const { values } = await organizations.entitlements(organizationId) // { values: { repositories: 3 } }
   * ```
   */
  entitlements: Entitlements['entitlements']
}
