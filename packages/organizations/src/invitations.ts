import type { WriteOptions } from '@partywall/tenancy-core'
import type { Member, Role } from './member.ts'
import type { MemberWriteOptions } from './write-control-plane.ts'

/** Somebody who was asked to become a member of the organization in scope. */
export interface Invitation {
  readonly id: string
  /** As it is compared: see `normalizeEmail`. */
  readonly email: string
  readonly role: Role
  readonly status: 'pending' | 'accepted' | 'revoked' | 'expired'
  /** The member who answers for it; `null` for a system. */
  readonly invitedBy: string | null
  readonly acceptedBy: string | null
  readonly expiresAt: Date
  readonly createdAt: Date
}

/** A page of invitations, in the order of their addresses. */
export interface InvitationPage {
  /** From 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  /** The id with which the page before ended. */
  readonly after?: string | undefined
}

/** Whom to invite, as what. */
export interface NewInvitation {
  readonly email: string
  readonly role: Role
  /** How long the token is good, in seconds, from one minute to 90 days. @defaultValue 604800, seven days */
  readonly expiresInSeconds?: number | undefined
}

/** An invitation that has a token. */
export interface IssuedInvitation {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly expiresAt: Date
  /**
   * `sent`: the mailer took the message. `failed`: it did not; the invitation stays, and `resendInvitation()` sends
   * another token. `yours`: there is no mailer, or it is your transaction, and the message is yours to send after it.
   */
  readonly delivery: 'sent' | 'failed' | 'yours'
  /** 256 random bits, shown this once and only where the message is yours to send. */
  readonly token?: string
}

/** What a mailer is given. */
export interface InvitationMessage {
  readonly organizationId: string
  readonly invitationId: string
  readonly email: string
  readonly role: Role
  /** Belongs into the link of the message, and into no log. */
  readonly token: string
  readonly expiresAt: Date
  readonly invitedBy: string | null
}

/** Sends the messages of invitations. */
export interface InvitationMailer {
  /** Called after the commit, once for each token. A rejection takes nothing back. */
  send(message: InvitationMessage): Promise<void>
}

/** What the holder of a token is shown. */
export interface InvitationPreview {
  readonly organizationId: string
  readonly slug: string
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly expiresAt: Date
}

/** Who accepts, as the host's own sign-in knows them. */
export interface InvitationAcceptance {
  readonly token: string
  /** The id in the host's own table: of a user who was there, or whom the host has created for it. */
  readonly userId: string
  /** The address of that user, which must be the one that was invited; `'any'` takes the token alone for a proof. */
  readonly email: string
}

/** What a user has become. */
export interface AcceptedInvitation extends Member {
  readonly organizationId: string
  readonly slug: string
  readonly invitationId: string
}

/**
 * Invitations to the organization in scope. The database keeps the SHA-256 of a token, never the token, and one pending
 * invitation an address. Whoever invites stands above the role (owners: also owners), when they invite and when the
 * invitation is accepted: of a member who was demoted, suspended or removed since, it is of no use, until another member
 * resends it and answers for it. A system acts as the operator, and answers for what it invites and resends.
 *
 * Those that write throw `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `PERMISSION_DENIED`, `RANK_TOO_LOW`, `ORGANIZATION_SUSPENDED`,
 * `TENANT_REQUIRED` outside a scope, and `CONTROL_PLANE_MISSING` on a database of an older version.
 */
export interface Invitations {
  /**
   * Invites an address (`invitations:create`), and sends the message after the commit.
   *
   * @throws {TenancyError} `INVITATION_INVALID`, `INVITATION_PENDING`, or `ROLE_UNKNOWN`.
   *
   * @example
   * ```ts
   * const { delivery } = await organizations.invite({ email: 'bob@example.com', role: 'member' }) // { delivery: 'yours' }
   * ```
   */
  invite(invitation: NewInvitation, options?: MemberWriteOptions): Promise<IssuedInvitation>

  /**
   * Gives a pending invitation, also an expired one, another token (`invitations:create`); the one before it is dead.
   *
   * @throws {TenancyError} `INVITATION_INVALID`, or `INVITATION_UNKNOWN` when it is not pending.
   *
   * @example
   * ```ts
   * const { email } = await organizations.resendInvitation({ id }) // { email: 'bob@example.com' }
   * ```
   */
  resendInvitation(
    invitation: { readonly id: string; readonly expiresInSeconds?: number | undefined },
    options?: MemberWriteOptions,
  ): Promise<IssuedInvitation>

  /**
   * Takes a pending invitation back (`invitations:revoke`).
   *
   * @throws {TenancyError} `INVITATION_INVALID`, or `INVITATION_UNKNOWN` when it is not pending.
   *
   * @example
   * ```ts
   * await organizations.revokeInvitation({ id })
   * await organizations.findInvitation(token) // undefined
   * ```
   */
  revokeInvitation(invitation: { readonly id: string }, options?: MemberWriteOptions): Promise<void>

  /**
   * The invitations of the organization in scope, a page at a time.
   *
   * @throws {TenancyError} `INVITATION_INVALID`, or `TENANT_REQUIRED` outside a scope.
   *
   * @example
   * ```ts
   * const invitations = await organizations.invitations({ limit: 50 })
   * invitations.map(({ email, status }) => [email, status]) // [['bob@example.com', 'pending']]
   * ```
   */
  invitations(page?: InvitationPage): Promise<readonly Invitation[]>

  /**
   * What the holder of a token may be shown before signing in; `undefined` for one that is unknown, used, revoked or expired
   * alike. Needs no scope.
   *
   * @example
   * ```ts
   * const preview = await organizations.findInvitation(token)
   * preview?.slug // 'acme'
   * ```
   */
  findInvitation(token: string): Promise<InvitationPreview | undefined>

  /**
   * Makes a user a member and uses the token up, both or neither, however many call at once. Needs no scope. A new user is
   * created by the host first, or in the `transaction` that is passed, of any scope: user, member and the end of the token are
   * one then. Until it ends, others who write to the members of the organization wait. A refusal leaves the token as it was.
   *
   * @throws {TenancyError} `INVITATION_UNUSABLE` for a token that is unknown, used, revoked, expired, or of a member who
   * may not invite any more, alike.
   * @throws {TenancyError} `INVITATION_OTHER_ADDRESS`, `MEMBER_EXISTS`, `SEATS_EXHAUSTED`, `INVITATION_INVALID`, or
   * `TRANSACTION_INVALID`.
   *
   * @example
   * ```ts
   * const { slug } = await organizations.acceptInvitation({ token, userId: '42', email: 'bob@example.com' })
   * slug // 'acme'
   * ```
   */
  acceptInvitation(acceptance: InvitationAcceptance, options?: WriteOptions): Promise<AcceptedInvitation>
}
