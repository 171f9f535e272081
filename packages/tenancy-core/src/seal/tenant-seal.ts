import type { SealKey } from './seal-key.ts'
import { signTenant } from './sign-tenant.ts'

/** How a pool signs. */
export interface SealOptions {
  readonly key: SealKey
  /** For how long a token is accepted, at most. At least half of it is left when a token is sent. */
  readonly lifetimeMs: number
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number
}

/** Tokens that are kept at once: about a megabyte. */
const maxTokens = 4096

/** Signs the tenants of one pool, each once in half of a lifetime. */
export class TenantSeal {
  readonly #options: SealOptions
  readonly #tokens = new Map<string, string>()
  #database = ''
  #period = 0

  constructor(options: SealOptions) {
    this.#options = options
  }

  /** Signs for this database from now on. Until the server has told its name, every token is one that it refuses. */
  bind(database: string): void {
    if (database === this.#database) return
    this.#database = database
    this.#tokens.clear()
  }

  /** A token for the organization; nothing for none. */
  tokenOf(organizationId: string): string {
    if (organizationId === '') return ''
    const halfLifeMs = this.#options.lifetimeMs / 2
    const period = Math.floor(this.#options.now() / halfLifeMs)
    if (period !== this.#period || this.#tokens.size >= maxTokens) this.#tokens.clear()
    this.#period = period
    const known = this.#tokens.get(organizationId)
    if (known !== undefined) return known
    const expiresAt = new Date((period + 2) * halfLifeMs)
    const token = signTenant(this.#options.key, { organizationId, database: this.#database, expiresAt })
    this.#tokens.set(organizationId, token)
    return token
  }
}
