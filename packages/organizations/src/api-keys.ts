import type { Membership, TenantScope, WriteOptions } from '@partywall/tenancy-core'

/** A key by which programs act in the organization in scope. Its text is not kept. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  /** Rules of `resource:action`, with `*` for any. */
  readonly permissions: readonly string[]
  /** The member who created or last rotated it: the key can do nothing that this member cannot. */
  readonly grantedBy: string
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  /** To the minute. */
  readonly lastUsedAt: Date | null
  readonly createdAt: Date
}

/** A page of keys, in the order of their ids. */
export interface ApiKeyPage {
  /** From 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  /** The id with which the page before ended. */
  readonly after?: string | undefined
}

/** What a new key may. */
export interface NewApiKey {
  /** Up to 200 characters, for people. */
  readonly name: string
  /** Rules of `resource:action`, with `*` for any: no more than the role of who creates it includes. */
  readonly permissions: readonly string[]
  /** @defaultValue never */
  readonly expiresAt?: Date | null | undefined
}

/** How a key gets another secret. */
export interface ApiKeyRotation {
  readonly id: string
  /** How long the secrets before it are taken as well, in seconds, up to 30 days. @defaultValue 86400 */
  readonly overlapSeconds?: number | undefined
  /** @defaultValue never */
  readonly expiresAt?: Date | null | undefined
}

/** A key as a caller: a scope to open, and a membership for `assertPermission`. */
export interface ApiKeyTenancy extends TenantScope {
  readonly actor: { readonly type: 'api-key'; readonly id: string }
  /** The role of the member who answers for the key, with its rules narrowed to those of the key. */
  readonly membership: Membership
}

/**
 * Keys of the organization in scope. Those who create, rotate and revoke are users; a key is never worth more than the member
 * who created or last rotated it is at that moment: when the member is demoted, so is the key, and when the member is
 * suspended or goes, the key is refused, until another rotates it or the member is back.
 *
 * Each throws `ACTOR_REQUIRED`, `ACTOR_NOT_MEMBER`, `PERMISSION_DENIED`, `ORGANIZATION_SUSPENDED`, `API_KEY_INVALID`,
 * `TENANT_REQUIRED` outside a scope, and `CONTROL_PLANE_MISSING` on a database of an older version.
 */
export interface ApiKeys {
  /**
   * The keys of the organization in scope, revoked and expired ones included.
   *
   * @throws {TenancyError} `API_KEY_INVALID`, or `TENANT_REQUIRED` outside a scope.
   *
   * @example
   * ```ts
   * const keys = await organizations.apiKeys({ limit: 50 })
   * keys.map(({ name, lastUsedAt }) => [name, lastUsedAt]) // [['CI', null]]
   * ```
   */
  apiKeys(page?: ApiKeyPage): Promise<readonly ApiKey[]>

  /**
   * Creates a key (`api-keys:create`). `text` is shown this once: the database keeps its SHA-256.
   *
   * @throws {TenancyError} `API_KEY_EXCEEDS_ROLE` when it could do what its creator cannot.
   *
   * @example
   * ```ts
   * const { text } = await organizations.createApiKey({ name: 'CI', permissions: ['repositories:read'] })
   * text.startsWith('pwk_') // true
   * ```
   */
  createApiKey(key: NewApiKey, options?: WriteOptions): Promise<{ readonly id: string; readonly text: string }>

  /**
   * Gives a key another secret (`api-keys:create`); those before it are taken until `oldUntil`. Who rotates answers for the
   * key from then on.
   *
   * @throws {TenancyError} `API_KEY_UNKNOWN`, `API_KEY_EXCEEDS_ROLE`, or `RANK_TOO_LOW` for the key of somebody above.
   *
   * @example
   * ```ts
   * const { text, oldUntil } = await organizations.rotateApiKey({ id, overlapSeconds: 3600 })
   * oldUntil > new Date() // true
   * ```
   */
  rotateApiKey(
    rotation: ApiKeyRotation,
    options?: WriteOptions,
  ): Promise<{ readonly id: string; readonly text: string; readonly oldUntil: Date }>

  /**
   * Ends a key, at once and for good (`api-keys:revoke`).
   *
   * @throws {TenancyError} `API_KEY_UNKNOWN`, or `RANK_TOO_LOW` for the key of somebody above.
   *
   * @example
   * ```ts
   * await organizations.revokeApiKey({ id })
   * ```
   */
  revokeApiKey(key: { readonly id: string }, options?: WriteOptions): Promise<void>

  /**
   * Whose key is in an `Authorization: Bearer` header. Asked at every request, outside every scope: one statement, which
   * looks for the digest of the whole text, so that an unknown id and a wrong secret are one case. That a key was used is
   * written down at most once a minute, after the answer, and fails nothing.
   *
   * @throws {TenancyError} `UNAUTHENTICATED` for a text that is no key: unknown, wrong, expired, revoked, or of a member
   * who is not active any more.
   * @throws {TenancyError} `ORGANIZATION_SUSPENDED` when the organization is suspended or deleted.
   *
   * @example
   * ```ts
   * const caller = await organizations.authenticateApiKey(request.headers.authorization)
   * assertPermission(caller.membership, 'repositories:read')
   * const reply = await tenancy.run(caller, () => handle(request)) // 'answered req-1'
   * ```
   */
  authenticateApiKey(header: string | undefined): Promise<ApiKeyTenancy>
}
