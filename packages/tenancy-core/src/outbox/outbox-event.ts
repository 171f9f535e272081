import type { Actor } from '../scope.ts'

/**
 * The events that a program knows, by their types: the payload of each. Packages and hosts add theirs:
 *
 * ```ts
 * declare module '@partywall/tenancy-core/outbox' {
 *   interface OutboxEvents {
 *     'build.finished': { readonly buildId: string }
 *   }
 * }
 * ```
 */
export interface OutboxEvents {
  'organization.created': { readonly slug: string; readonly name: string }
  'organization.updated': { readonly slug: string; readonly name: string }
  'organization.suspended': { readonly slug: string }
  'organization.reactivated': { readonly slug: string }
  'organization.deleted': { readonly slug: string }
  'organization.restored': { readonly slug: string }
  'organization.purged': { readonly slug: string }
  'member.added': { readonly userId: string; readonly role: string; readonly status: string }
  'member.role_changed': { readonly userId: string; readonly role: string; readonly roleBefore: string }
  'member.suspended': { readonly userId: string; readonly role: string }
  'member.activated': { readonly userId: string; readonly role: string }
  'member.removed': { readonly userId: string; readonly role: string }
  /** `null` where there was no subscription, or is none any more. */
  'subscription.changed': {
    readonly plan: string | null
    readonly status: string | null
    readonly seats: number | null
    readonly planBefore: string | null
    readonly statusBefore: string | null
    readonly seatsBefore: number | null
  }
}

/** Two words or more, as `build.finished`. */
export type OutboxEventType = keyof OutboxEvents

/** An event as a handler gets it. */
export interface OutboxEvent<Type extends OutboxEventType = OutboxEventType> {
  /** The same at every delivery: what a handler remembers to do its work once. */
  readonly id: string
  readonly organizationId: string
  /** Grows with every event of the organization, by one. */
  readonly position: number
  readonly type: Type
  readonly payload: OutboxEvents[Type]
  /** Who caused it, where that is known. */
  readonly actor: Actor | null
  readonly createdAt: Date
  /** 1 at the first delivery. A process that ended in the middle of a delivery has had one as well. */
  readonly attempt: number
  /** It was given up, and sent again by a person: others of its organization came before it. */
  readonly redriven: boolean
}
