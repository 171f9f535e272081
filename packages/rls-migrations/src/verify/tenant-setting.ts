import { signTenant, type SealKey } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import { newestSealKey } from '../seal/seal-key-store.ts'

/** The setting that carries the tenant, and what it holds. */
export interface TenantSetting {
  readonly name: string
  /** Undefined where the context is a bare id. */
  readonly seal: Seal | undefined
}

/** How contexts are signed here. The database has no function that would: it could be granted to somebody. */
export interface Seal {
  readonly key: SealKey
  readonly database: string
  readonly acceptsBareIds: boolean
}

/**
 * Longer than the attacks on one table take. The statements show their tokens: the organizations exist nowhere else, save
 * the default one, as which only the session of the owner attacks, which no login of the application sees.
 */
const lifetimeMs = 300_000

/**
 * Reads a key of the database, as its owner, and keeps it in memory.
 *
 * @throws TenancyError `SEAL_KEY_MISSING` when the context is sealed and there is none.
 */
export async function readTenantSetting(session: Session, { database, settings }: Plan): Promise<TenantSetting> {
  const name = settings.setting
  if (settings.seal === undefined) return { name, seal: undefined }
  const key = await newestSealKey(session, settings)
  return { name, seal: { key, database, acceptsBareIds: settings.seal === 'accept' } }
}

/** What the service would send for the organization. */
export function contextOf({ seal }: TenantSetting, organizationId: string): string {
  if (seal === undefined || organizationId === '') return organizationId
  return signTenant(seal.key, { organizationId, database: seal.database, expiresAt: soon() })
}

/** When a token that is signed now expires. */
export function soon(): Date {
  return new Date(Date.now() + lifetimeMs)
}
