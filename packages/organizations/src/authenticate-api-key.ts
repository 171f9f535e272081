import { TenancyError, coalesce } from '@partywall/tenancy-core'
import type { Membership } from '@partywall/tenancy-core'
import { isApiKeyText } from './api-key-text.ts'
import type { ApiKeyTenancy } from './api-keys.ts'
import type { ControlPlane } from './control-plane.ts'
import { explained } from './explain-refusal.ts'
import { narrowPermissions } from './narrow-permissions.ts'
import { digestOf } from './token.ts'

/** What checks keys. */
export interface KeyCheck {
  readonly plane: ControlPlane
  /** The key with a secret of that digest, if it is usable. */
  readonly find: (digest: Buffer) => Promise<FoundKey | undefined>
  /** The keys whose use is being written down: many requests at once write it once. */
  readonly used: Set<string>
}

/** What the database knows of a key. */
interface FoundKey extends Pick<Membership, 'organizationId' | 'slug' | 'organizationStatus' | 'role'> {
  readonly keyId: string
  readonly rolePermissions: readonly string[]
  readonly keyPermissions: readonly string[]
  readonly usedLately: boolean
}

const columns =
  'ordinal, key_id as "keyId", organization_id::text as "organizationId", slug, organization_status as "organizationStatus", role, ' +
  'role_permissions as "rolePermissions", key_permissions as "keyPermissions", used_lately as "usedLately"'

/** Many requests with keys are one statement. */
export function createKeyCheck(plane: ControlPlane): KeyCheck {
  const { tenancy, control } = plane
  const sql = `select ${columns} from ${control}.find_api_keys($1::bytea[])`
  const find = coalesce<Buffer, FoundKey | undefined>({
    keyOf: (digest) => digest.toString('latin1'),
    ask: async (digests) => {
      const { rows } = await explained({}, () =>
        tenancy.bootstrap(() => tenancy.pool.query<FoundKey & { readonly ordinal: number }>(sql, [digests])),
      )
      const places = new Map(rows.map((row) => [row.ordinal - 1, row]))
      return digests.map((_, at) => places.get(at))
    },
  })
  return { plane, find, used: new Set() }
}

/** @throws {TenancyError} `UNAUTHENTICATED`, or `ORGANIZATION_SUSPENDED`. */
export async function authenticateApiKey(check: KeyCheck, header: string | undefined): Promise<ApiKeyTenancy> {
  const text = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? ''
  if (!isApiKeyText(text)) throw refused()
  const digest = digestOf(text)
  const found = await check.find(digest)
  if (found === undefined) throw refused()
  const { organizationId, slug, organizationStatus, role } = found
  if (organizationStatus !== 'active') throw suspended(slug)
  if (!found.usedLately) rememberUse(check, found.keyId, digest)
  const permissions = narrowPermissions(found.rolePermissions, found.keyPermissions)
  return Object.freeze({
    organizationId,
    actor: { type: 'api-key', id: found.keyId },
    membership: { organizationId, slug, organizationStatus, role, permissions, membershipStatus: 'active' },
  } as const)
}

/** Nobody waits for it, and nobody hears of it when it fails: the next use in a minute writes it again. */
function rememberUse({ plane, used }: KeyCheck, keyId: string, digest: Buffer): void {
  if (used.has(keyId)) return
  used.add(keyId)
  const { tenancy, control } = plane
  tenancy
    .bootstrap(() => tenancy.pool.query(`select ${control}.touch_api_key($1::bytea)`, [digest]))
    .catch(() => undefined)
    .finally(() => used.delete(keyId))
}

function refused(): TenancyError {
  return new TenancyError(
    'UNAUTHENTICATED',
    'The request has no usable API key. Send it as Authorization: Bearer pwk_...',
  )
}

function suspended(slug: string): TenancyError {
  return new TenancyError('ORGANIZATION_SUSPENDED', `The organization "${slug}" is suspended or deleted. Ask support.`)
}
