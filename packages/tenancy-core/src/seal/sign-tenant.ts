import { createHmac } from 'node:crypto'
import type { SealKey } from './seal-key.ts'

/** What a token says. */
export interface TenantClaim {
  readonly organizationId: string
  /** The name of the database that accepts the token, as `current_database()` tells it. */
  readonly database: string
  /** From then on no transaction begins with the token. Fractions of a second are dropped. */
  readonly expiresAt: Date
}

/**
 * Signs the token that a sealed database takes in place of a bare organization id: HMAC-SHA256 (RFC 2104) over database,
 * key, expiry and organization. For programs that set the tenant setting by themselves; the pool does it by itself.
 *
 * @example
 * ```ts
 * const key = readSealKey(process.env.PARTYWALL_SEAL_KEY ?? '')
 * const token = signTenant(key, { organizationId, database: 'app', expiresAt: new Date(Date.now() + 60_000) })
 * // A parameter: no log shows it.
 * await client.query("select set_config('app.current_tenant_id', $1, true)", [token])
 * ```
 */
export function signTenant(key: SealKey, { organizationId, database, expiresAt }: TenantClaim): string {
  const signed = `${key.id}.${Math.floor(expiresAt.getTime() / 1000)}.${organizationId}`
  const code = createHmac('sha256', key.secret).update(`${database}:${signed}`).digest('hex')
  return `${signed}.${code}`
}
