import type { TenantScope } from './scope.ts'

/** One user in one organization, as the directory knows it. */
export interface Membership {
  readonly organizationId: string
  readonly slug: string
  readonly organizationStatus: 'active' | 'suspended' | 'deleted'
  readonly role: string
  /**
   * What the role includes, as rules: see `permits`.
   *
   * @defaultValue those of owner, admin, member and viewer
   */
  readonly permissions?: readonly string[] | undefined
  readonly membershipStatus: 'active' | 'suspended' | 'pending'
}

/** Somebody in an organization: a scope to open, and what they may there. */
export interface Caller extends TenantScope {
  readonly membership: Membership
}

/** The organization that has installed the service at GitHub. */
export interface InstallationOwner extends Pick<Membership, 'organizationId' | 'slug' | 'organizationStatus'> {
  /** What its webhooks may, as rules: see `permits`. @defaultValue nothing */
  readonly permissions?: readonly string[] | undefined
}

/** Asked before a tenant is known: may whom the claim names act in this organization? */
export interface Directory {
  /**
   * Finds the membership of a user, by the slug or the id of the organization. An unknown organization and one that the
   * user is not in are the same answer: `undefined`.
   */
  findMembership(request: { organization: string; userId: string }): Promise<Membership | undefined>

  /**
   * Whose key is in an `Authorization: Bearer` header. Needed for claims with an API key.
   *
   * @throws {TenancyError} `UNAUTHENTICATED` for a text that is no usable key, `ORGANIZATION_SUSPENDED`.
   */
  authenticateApiKey?(header: string | undefined): Promise<Caller>

  /** Who has installed the service, by the id of the installation. Needed for claims of a webhook. */
  findInstallation?(installationId: string): Promise<InstallationOwner | undefined>

  /** The membership that is meant when a user names no organization. @defaultValue such a request is refused */
  findFallback?(userId: string): Promise<Membership | undefined>
}
