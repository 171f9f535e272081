import type { WriteOptions } from '@partywall/tenancy-core'
import type { Organization } from './organization.ts'

/** What an organization tells of itself. A member that is left out stays; `null` takes it away. */
export interface OrganizationChanges {
  readonly slug?: string | undefined
  readonly name?: string | undefined
  readonly githubLogin?: string | null | undefined
  readonly emailDomain?: string | null | undefined
  /** Only if the record has this version still. @defaultValue whatever it has */
  readonly ifVersion?: number | undefined
}

/** The organization in scope, for a user who is a member of it: the actor of the scope. */
export interface OrganizationRecord {
  /**
   * The organization in scope.
   *
   * @throws {TenancyError} `ORGANIZATION_UNKNOWN`, or `TENANT_REQUIRED` outside a scope.
   *
   * @example
   * ```ts
   * const { memberCount, seatLimit } = await organizations.current() // { memberCount: 2, seatLimit: null }
   * ```
   */
  current(): Promise<Organization>

  /**
   * Changes what the organization tells of itself (`organization:update`). Gives the new version.
   *
   * @throws {TenancyError} `ORGANIZATION_INVALID`, `ORGANIZATION_SLUG_TAKEN`, `ORGANIZATION_GITHUB_LOGIN_TAKEN` or `ORGANIZATION_CHANGED`.
   * @throws {TenancyError} `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `PERMISSION_DENIED` or `ORGANIZATION_SUSPENDED`.
   * @throws {TenancyError} `TENANT_REQUIRED`, `TRANSACTION_INVALID`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const { version } = await organizations.current()
   * await organizations.update({ name: 'Acme Corporation', ifVersion: version })
   * await organizations.update({ name: 'Acme Inc', ifVersion: version }) // TenancyError ORGANIZATION_CHANGED
   * ```
   */
  update(changes: OrganizationChanges, options?: WriteOptions): Promise<{ readonly version: number }>

  /**
   * Deletes the organization (`organization:delete`): its members are refused from the next request on, its rows stay until
   * it is purged. Until then `restore()` brings it back.
   *
   * @param grace - `graceSeconds` from 0 to ten years, 30 days if nothing is said.
   * @throws {TenancyError} `ORGANIZATION_INVALID`, `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `PERMISSION_DENIED` or
   * `ORGANIZATION_SUSPENDED`.
   * @throws {TenancyError} `TENANT_REQUIRED`, `TRANSACTION_INVALID`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * const { purgeAt } = await organizations.delete({ graceSeconds: 7 * 86_400 })
   * purgeAt > new Date() // true
   * ```
   */
  delete(
    grace?: { readonly graceSeconds?: number | undefined },
    options?: WriteOptions,
  ): Promise<{ readonly purgeAt: Date }>

  /**
   * Restores the organization that was deleted (`organization:delete`), with its members and rows.
   *
   * @throws {TenancyError} `ORGANIZATION_NOT_DELETED`, `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `PERMISSION_DENIED`.
   * @throws {TenancyError} `TENANT_REQUIRED`, `TRANSACTION_INVALID`, `CONTROL_PLANE_MISSING`.
   *
   * @example
   * ```ts
   * await organizations.restore()
   * const { status } = await organizations.current() // { status: 'active' }
   * ```
   */
  restore(options?: WriteOptions): Promise<void>
}
