import type { Actor, WriteOptions } from '@partywall/tenancy-core'
import type { Role } from './member.ts'

/**
 * What an address of a domain is good for. `manual`: nothing. `suggestion`: the organization is shown to who has one, who then
 * asks for an invitation. `automatic`: who has one may join.
 */
export type DomainPolicy = 'manual' | 'suggestion' | 'automatic'

/** A domain of the organization in scope. */
export interface OrganizationDomain {
  /** In lower case and in ASCII, without a dot at the end. */
  readonly domain: string
  /** `pending` until the record was seen. */
  readonly status: 'pending' | 'verified'
  readonly policy: DomainPolicy
  /** What who joins becomes. */
  readonly role: Role
  /** The TXT record that proves the domain. */
  readonly record: { readonly name: string; readonly value: string }
  readonly verifiedAt: Date | null
  /** When the record was last seen. */
  readonly checkedAt: Date | null
  readonly createdAt: Date
}

/** Which domains to list. */
export interface DomainPage {
  /** At most so many, up to 1,000. @defaultValue 100 */
  readonly limit?: number | undefined
  /** Those behind this one: the last of the page before. */
  readonly after?: string | undefined
}

/** An organization that a user may join or ask to be invited to. */
export interface JoinableOrganization {
  readonly organizationId: string
  readonly slug: string
  readonly name: string
  readonly policy: 'suggestion' | 'automatic'
  readonly role: Role
}

/** A user, by an address that the host's sign-in has verified. */
export interface VerifiedAddress {
  readonly userId: string
  readonly email: string
  /** Said by the host, of this address: an address that anybody typed would open the door to anybody. */
  readonly emailVerified: boolean
}

/** What became of the domains that were looked up again. */
export interface DomainCheck {
  readonly verified: number
  /** Whose record is gone: they are pending again, and nobody joins by them. */
  readonly lapsed: readonly string[]
  /** About which there was no answer: they stay as they are. */
  readonly unanswered: readonly string[]
}

/**
 * E-mail domains that an organization proves to be its own, and joining by an address of one. A domain belongs to one
 * organization; many may claim it, and whoever has the record gets it. Domains of public providers are refused.
 *
 * Each of a member's calls throws `DOMAIN_INVALID`, `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `PERMISSION_DENIED`,
 * `ORGANIZATION_SUSPENDED`, `TENANT_REQUIRED`, `TRANSACTION_INVALID`, and `CONTROL_PLANE_MISSING` on an older database.
 */
export interface Domains {
  /**
   * A page of the domains of the organization in scope, in the order of their names.
   *
   * @throws {TenancyError} `DOMAIN_INVALID`, `TENANT_REQUIRED` outside a scope, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const domains = await organizations.domains()
   * domains.map(({ domain, status }) => `${domain}: ${status}`) // ['acme.example: verified']
   * ```
   */
  domains(page?: DomainPage): Promise<readonly OrganizationDomain[]>

  /**
   * Claims a domain (`domains:create`), and gives the record that proves it: its token is of this organization and domain.
   *
   * @throws {TenancyError} `DOMAIN_INVALID` also for a public provider's, or `DOMAIN_EXISTS`.
   *
   * @example
   * ```ts
   * const { record } = await organizations.addDomain({ domain: 'acme.example' })
   * // Add a TXT record with record.value at this name.
   * record.name // '_partywall.acme.example'
   * ```
   */
  addDomain(domain: { readonly domain: string }, options?: WriteOptions): Promise<OrganizationDomain>

  /**
   * Looks the record up, and takes the domain when it is there (`domains:update`). An organization that had the domain and whose
   * own record is gone gives way. Asked again of a verified domain, it renews the proof.
   *
   * @throws {TenancyError} `DOMAIN_UNKNOWN`, `DOMAIN_UNPROVEN`, `DOMAIN_TAKEN`, or `DOMAIN_LOOKUP_FAILED`.
   *
   * @example
   * ```ts
   * const { domain } = await organizations.verifyDomain({ domain: 'acme.example' }) // { domain: 'acme.example' }
   * ```
   */
  verifyDomain(
    domain: { readonly domain: string },
    options?: WriteOptions,
  ): Promise<{ readonly domain: string; readonly verifiedAt: Date }>

  /**
   * Decides what an address of the domain is good for, once it is verified (`domains:update`).
   *
   * @param policy - `role` is `member` if nothing is said.
   * @throws {TenancyError} `DOMAIN_UNKNOWN`, `DOMAIN_ROLE_TOO_HIGH` for a role above member, `ROLE_UNKNOWN`, `RANK_TOO_LOW`.
   *
   * @example
   * ```ts
   * await organizations.setDomainPolicy({ domain: 'acme.example', policy: 'automatic', role: 'viewer' })
   * ```
   */
  setDomainPolicy(
    policy: { readonly domain: string; readonly policy: DomainPolicy; readonly role?: Role | undefined },
    options?: WriteOptions,
  ): Promise<void>

  /**
   * Gives a domain up (`domains:delete`). Who joined by it stays. Claimed again, it asks for another record.
   *
   * @throws {TenancyError} `DOMAIN_UNKNOWN`.
   *
   * @example
   * ```ts
   * await organizations.releaseDomain({ domain: 'acme.example' })
   * ```
   */
  releaseDomain(domain: { readonly domain: string }, options?: WriteOptions): Promise<void>

  /**
   * The organizations that a user may join by a verified address, or ask to be invited to: before a tenant is known. Those that
   * the user is in are left out.
   *
   * @throws {TenancyError} `EMAIL_UNVERIFIED` unless `emailVerified` is true, `DOMAIN_INVALID`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const user = { userId: '7', email: 'dan@acme.example', emailVerified: true }
   * const [found] = await organizations.joinableOrganizations(user)
   * found?.policy // 'automatic'
   * ```
   */
  joinableOrganizations(address: VerifiedAddress): Promise<readonly JoinableOrganization[]>

  /**
   * Makes a user a member of an organization that lets the addresses of its domain join.
   *
   * @throws {TenancyError} `EMAIL_UNVERIFIED` unless `emailVerified` is true, `DOMAIN_INVALID`.
   * @throws {TenancyError} `DOMAIN_NOT_JOINABLE`, also for an organization that is unknown; `DOMAIN_ASKS_FOR_INVITATION` where the
   * policy is `suggestion`; `MEMBER_EXISTS`, also for who is suspended; `SEATS_EXHAUSTED`, `DOMAIN_ROLE_TOO_HIGH`.
   *
   * @example
   * ```ts
   * const user = { userId: '7', email: 'dan@acme.example', emailVerified: true }
   * const { role } = await organizations.joinByDomain({ ...user, organizationId }) // { role: 'viewer' }
   * ```
   */
  joinByDomain(address: VerifiedAddress & { readonly organizationId: string }): Promise<{
    readonly organizationId: string
    readonly userId: string
    readonly role: Role
    readonly createdAt: Date
  }>

  /**
   * Looks the records of verified domains up again, those first that were not for the longest time, as the operator. Where
   * the record is gone the domain is pending again. For a schedule of the host's.
   *
   * @throws {TenancyError} `DOMAIN_INVALID`, `OPERATOR_UNAVAILABLE`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const actor = { type: 'system', id: 'cron' } as const
   * const { lapsed } = await organizations.recheckDomains({ actor, olderThanSeconds: 86_400 }) // { lapsed: [] }
   * ```
   */
  recheckDomains(request: {
    readonly actor: Actor
    /** Not looked up for so long. @defaultValue a week */
    readonly olderThanSeconds?: number | undefined
    /** At most so many. @defaultValue 100 */
    readonly limit?: number | undefined
  }): Promise<DomainCheck>
}
