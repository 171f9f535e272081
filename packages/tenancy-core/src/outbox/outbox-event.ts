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
  'invitation.created': InvitationTold
  /** It has another token; the one before it is dead. */
  'invitation.resent': InvitationTold
  'invitation.accepted': { readonly invitationId: string; readonly role: string; readonly userId: string }
  /** Taken back, or deleted while it was pending. */
  'invitation.revoked': { readonly invitationId: string; readonly role: string }
  /** Told when the address is invited anew: nobody watches the clock. */
  'invitation.expired': { readonly invitationId: string; readonly role: string }
  /** The role or the address of a pending one was written by hand. */
  'invitation.changed': { readonly invitationId: string; readonly role: string }
  'api_key.created': ApiKeyTold
  /** It has another secret, maybe beside the one before it. */
  'api_key.rotated': { readonly keyId: string; readonly name: string }
  /** Another member answers for it, or it has another end; or something of it was written by hand. */
  'api_key.changed': ApiKeyTold
  /** Ended, or deleted while it was none of the revoked. */
  'api_key.revoked': { readonly keyId: string; readonly name: string }
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

/** No address: events are kept after a person is forgotten. The invitation has it. */
interface InvitationTold {
  readonly invitationId: string
  readonly role: string
  readonly invitedBy: string | null
  readonly expiresAt: string
}

interface ApiKeyTold {
  readonly keyId: string
  readonly name: string
  readonly grantedBy: string
  readonly expiresAt: string | null
  /** `null` where they are too long for an event. */
  readonly permissions: readonly string[] | null
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
