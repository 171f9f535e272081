import type { WriteOptions } from '@partywall/tenancy-core'
import type { Member, Role } from './member.ts'
import type { MemberWriteOptions } from './write-control-plane.ts'

/** A page of members, in the order of their user ids. */
export interface MemberPage {
  /** From 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  /** The user id with which the page before ended. */
  readonly after?: string | undefined
  /** Only those with this role. @defaultValue any */
  readonly role?: Role | undefined
  /** Only those with this status. @defaultValue any */
  readonly status?: Member['status'] | undefined
}

/**
 * The people of the organization in scope. The actor of the scope acts: for a user the database asks, under a lock, whether
 * the user is an active member, whether the role includes the permission, and whether it stands above the roles that are
 * touched and granted; an owner stands above everybody, owners included. A system acts as the operator, above owners.
 * In an operator scope of the caller, its `transaction` and `organizationId` are passed. Whoever acts: the last active owner stays, and there are never more members than seats. All or nothing.
 *
 * Each throws `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `ORGANIZATION_SUSPENDED`, `ORGANIZATION_UNKNOWN`, `MEMBER_INVALID`,
 * `TENANT_REQUIRED` outside a scope, `TRANSACTION_INVALID`, and `CONTROL_PLANE_MISSING` on a database of an older version.
 */
export interface Members {
  /**
   * The members of the organization in scope, a page at a time.
   *
   * @throws {TenancyError} `MEMBER_INVALID`, or `TENANT_REQUIRED` outside a scope.
   *
   * @example
   * ```ts
   * const first = await organizations.members({ limit: 50 })
   * first.map(({ userId, role }) => `${userId}: ${role}`) // ['1: owner', '42: member']
   * const next = await organizations.members({ limit: 50, after: first.at(-1)?.userId }) // []
   * ```
   */
  members(page?: MemberPage): Promise<readonly Member[]>

  /**
   * Makes a user a member (`members:invite`). Whether there is such a user is for the host to know, and whether the user
   * agreed: the row of a member becomes visible to the organization, which is why the application's login cannot do it. It
   * opens an operator scope, which the audit trail keeps with the actor.
   *
   * @throws {TenancyError} `MEMBER_EXISTS`, `ROLE_UNKNOWN`, `RANK_TOO_LOW`, `PERMISSION_DENIED` or `SEATS_EXHAUSTED`.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` when the tenancy has no operator login.
   *
   * @example
   * ```ts
   * const { status } = await organizations.addMember({ userId: '42', role: 'viewer' }) // { status: 'active' }
   * ```
   */
  addMember(member: { readonly userId: string; readonly role: Role }, options?: MemberWriteOptions): Promise<Member>

  /**
   * Gives a member another role (`members:update`).
   *
   * @throws {TenancyError} `MEMBER_UNKNOWN`, `ROLE_UNKNOWN`, `RANK_TOO_LOW`, `PERMISSION_DENIED` or `LAST_OWNER`.
   *
   * @example
   * ```ts
   * const { role } = await organizations.changeRole({ userId: '42', role: 'admin' }) // { role: 'admin' }
   * ```
   */
  changeRole(change: { readonly userId: string; readonly role: Role }, options?: MemberWriteOptions): Promise<Member>

  /**
   * Suspends a member, who is refused from the next request on and gives the seat back (`members:update`).
   *
   * @throws {TenancyError} `MEMBER_UNKNOWN`, `MEMBER_PENDING`, `RANK_TOO_LOW`, `PERMISSION_DENIED` or `LAST_OWNER`.
   *
   * @example
   * ```ts
   * const { status } = await organizations.suspendMember({ userId: '42' }) // { status: 'suspended' }
   * ```
   */
  suspendMember(member: { readonly userId: string }, options?: MemberWriteOptions): Promise<Member>

  /**
   * Takes the suspension back, which takes a seat (`members:update`).
   *
   * @throws {TenancyError} `MEMBER_UNKNOWN`, `MEMBER_PENDING`, `RANK_TOO_LOW`, `PERMISSION_DENIED` or `SEATS_EXHAUSTED`.
   *
   * @example
   * ```ts
   * const { status } = await organizations.reactivateMember({ userId: '42' }) // { status: 'active' }
   * ```
   */
  reactivateMember(member: { readonly userId: string }, options?: MemberWriteOptions): Promise<Member>

  /**
   * Ends the membership of another (`members:remove`).
   *
   * @throws {TenancyError} `MEMBER_UNKNOWN`, `RANK_TOO_LOW`, `PERMISSION_DENIED` or `LAST_OWNER`.
   *
   * @example
   * ```ts
   * await organizations.removeMember({ userId: '42' })
   * await organizations.listMine('42') // []
   * ```
   */
  removeMember(member: { readonly userId: string }, options?: MemberWriteOptions): Promise<void>

  /**
   * Ends the membership of the user who acts, whatever the role and the organization are, and revokes the API keys that
   * they answer for. Who is suspended does not leave: they could join again, and would not be suspended any more.
   *
   * @throws {TenancyError} `MEMBER_UNKNOWN`, `MEMBERSHIP_SUSPENDED`, or `LAST_OWNER`.
   *
   * @example
   * ```ts
   * await organizations.leave()
   * await organizations.leave() // TenancyError MEMBER_UNKNOWN
   * ```
   */
  leave(options?: WriteOptions): Promise<void>

  /**
   * Makes another active member an owner in place of the owner who acts (`organization:transfer`), at once.
   *
   * @param to - `formerRole` is what the owner becomes, `'admin'` if nothing is said.
   * @throws {TenancyError} `MEMBER_UNKNOWN`, `ROLE_UNKNOWN`, `RANK_TOO_LOW` or `PERMISSION_DENIED`.
   *
   * @example
   * ```ts
   * await organizations.transferOwnership({ userId: '42' })
   * const members = await organizations.members()
   * members.map(({ userId, role }) => `${userId}: ${role}`) // ['1: admin', '42: owner']
   * ```
   */
  transferOwnership(
    to: { readonly userId: string; readonly formerRole?: Role | undefined },
    options?: WriteOptions,
  ): Promise<void>
}
