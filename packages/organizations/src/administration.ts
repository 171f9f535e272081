import type { Actor, RunStatement, WriteOptions } from '@partywall/tenancy-core'
import type { MemberImport, MemberImportResult } from './import-members.ts'
import type { NewOrganization } from './insert-organization.ts'
import type { Role } from './member.ts'
import type { Organization } from './organization.ts'

/** Who acts, and in which transaction of an operator scope. */
export interface AdministrationOptions extends WriteOptions {
  /** For the audit trail. */
  readonly actor: Actor
}

/** A page of all organizations, in the order of their slugs. */
export interface OrganizationPage {
  /** From 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  /** The slug with which the page before ended. */
  readonly after?: string | undefined
}

/** What a role is allowed, and whom it stands above. */
export interface RoleDefinition {
  /** Lower-case letters, digits and hyphens, up to 63. */
  readonly name: Role
  /** From 1 to 99; an owner has 100, an admin 75, a member 50, a viewer 25. Who has more stands above. */
  readonly rank: number
  /** Rules, the last that matches decides: `repositories:read`, `*:read`, `!members:*`. */
  readonly permissions: readonly string[]
}

/**
 * Across organizations, as the operator: each call opens an operator scope for itself, which the audit trail keeps with the
 * actor, or works in a `transaction` of an operator scope of the caller. Each throws `OPERATOR_UNAVAILABLE` when the tenancy
 * has no operator login, `TRANSACTION_INVALID`, and `CONTROL_PLANE_MISSING` on a database of an older version.
 */
export interface Administration {
  /**
   * Creates an organization and makes the user its owner, both or neither.
   *
   * @throws {TenancyError} `ORGANIZATION_INVALID`, `ORGANIZATION_SLUG_TAKEN`, or `ORGANIZATION_TOO_EARLY` before the
   * conversion has reached contract.
   * @throws {TenancyError} `ORGANIZATION_ROOT_MISSING` where the host has its own table of organizations, and `id` names
   * no row of it.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` when the tenancy has no operator login.
   *
   * @example
   * ```ts
   * const actor = { type: 'user', id: userId } as const
   * const { memberCount } = await organizations.create({ slug: 'globex', name: 'Globex', owner: { userId }, actor })
   * memberCount // 1
   * ```
   */
  create(organization: NewOrganization & AdministrationOptions): Promise<Organization>

  /**
   * All organizations, a page at a time. A page costs the same wherever it is.
   *
   * @throws {TenancyError} `ORGANIZATION_INVALID` for a page that is none.
   *
   * @example
   * ```ts
   * const first = await organizations.list({ limit: 100, actor })
   * first.map(({ slug }) => slug) // ['acme', 'default']
   * const next = await organizations.list({ limit: 100, after: first.at(-1)?.slug, actor }) // []
   * ```
   */
  list(page: OrganizationPage & AdministrationOptions): Promise<readonly Organization[]>

  /**
   * An organization by its slug or id; `undefined` when there is none.
   *
   * @example
   * ```ts
   * const acme = await organizations.find({ organization: 'acme', actor })
   * acme?.name // 'Acme'
   * ```
   */
  find(request: { readonly organization: string } & AdministrationOptions): Promise<Organization | undefined>

  /**
   * Suspends an organization: its members are refused from the next request on.
   *
   * @throws {TenancyError} `ORGANIZATION_UNKNOWN` also for one that is deleted.
   *
   * @example
   * ```ts
   * await organizations.suspend({ organizationId, actor })
   * const found = await organizations.find({ organization: organizationId, actor })
   * found?.status // 'suspended'
   * ```
   */
  suspend(request: { readonly organizationId: string } & AdministrationOptions): Promise<void>

  /**
   * Takes the suspension back.
   *
   * @throws {TenancyError} `ORGANIZATION_UNKNOWN` also for one that is deleted.
   *
   * @example
   * ```ts
   * await organizations.reactivate({ organizationId, actor })
   * const found = await organizations.find({ organization: organizationId, actor })
   * found?.status // 'active'
   * ```
   */
  reactivate(request: { readonly organizationId: string } & AdministrationOptions): Promise<void>

  /**
   * Limits the members who are not suspended; `null` takes the limit away. Not below the seats that are taken: members
   * are suspended or removed first, by whom they belong to.
   *
   * @throws {TenancyError} `ORGANIZATION_INVALID`, `ORGANIZATION_UNKNOWN` or `SEATS_EXHAUSTED`; `SEATS_SUBSCRIBED` where
   * the subscription has seats.
   *
   * @example
   * ```ts
   * await organizations.setSeatLimit({ organizationId, seatLimit: 20, actor })
   * ```
   */
  setSeatLimit(
    request: { readonly organizationId: string; readonly seatLimit: number | null } & AdministrationOptions,
  ): Promise<void>

  /**
   * The roles that members may have, the highest rank first.
   *
   * @example
   * ```ts
   * const roles = await organizations.roles({ actor })
   * roles.map(({ name }) => name) // ['owner', 'admin', 'member', 'viewer']
   * ```
   */
  roles(request: AdministrationOptions): Promise<readonly RoleDefinition[]>

  /**
   * Defines a role of the host's, or changes it, for all organizations. It holds from the next request on. Of the built-in
   * roles the permissions can be changed, and those of an owner cannot.
   *
   * @throws {TenancyError} `ROLE_INVALID`.
   *
   * @example
   * ```ts
   * await organizations.defineRole({ name: 'triager', rank: 40, permissions: ['*:read', 'tasks:*'], actor })
   * ```
   */
  defineRole(role: RoleDefinition & AdministrationOptions): Promise<void>

  /**
   * Removes a role of the host's that no member has.
   *
   * @throws {TenancyError} `ROLE_INVALID` for a built-in one, `ROLE_UNKNOWN`, or `ROLE_IN_USE`.
   *
   * @example
   * ```ts
   * await organizations.removeRole({ name: 'triager', actor })
   * ```
   */
  removeRole(request: { readonly name: Role } & AdministrationOptions): Promise<void>

  /**
   * Ends the deleted organizations whose time to be restored has passed, one transaction each: `erase` deletes the rows of
   * the host with the runner that it is given, then the record and the members go. Gives their ids. One that `erase` fails
   * for stays as it was, and ends the call.
   *
   * @example
   * ```ts
   * const purged = await organizations.purge({
   *   actor,
   *   erase: async (organizationId, run) => void (await run('delete from projects where org_id = $1', [organizationId])),
   * })
   * purged.length // 1
   * ```
   */
  purge(request: {
    readonly actor: Actor
    readonly erase: (organizationId: string, run: RunStatement) => Promise<void>
    /** At most so many. @defaultValue 100 */
    readonly limit?: number | undefined
  }): Promise<readonly string[]>

  /**
   * Makes the users that the host has members of the default organization, or of the one that is named. It may be
   * repeated: members stay as they are.
   *
   * @throws {TenancyError} `CONFIGURATION_INVALID`, `ORGANIZATION_UNKNOWN`, `ROLE_UNKNOWN`, `ROLE_UNMAPPED`,
   * `OWNER_UNKNOWN`, `OWNER_AMBIGUOUS` or `OWNER_EXISTS`; nothing was changed then.
   * @throws {TenancyError} `SEATS_EXHAUSTED`; the batches before have their members then.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` when the tenancy has no operator login.
   *
   * @example
   * ```ts
   * const users = { table: 'users' }
   * const { imported, roles } = await organizations.importMembers({ users, owner: 'ada@example.com', actor })
   * roles // { owner: 1, member: 2 }
   * ```
   */
  importMembers(request: MemberImport & { readonly actor: Actor }): Promise<MemberImportResult>
}
