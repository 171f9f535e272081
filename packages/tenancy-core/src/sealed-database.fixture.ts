import { readFile } from 'node:fs/promises'
import { createSealKey, writeSealKey } from './seal/seal-key.ts'
import type { SealKey } from './seal/seal-key.ts'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { TenantDatabase } from './tenant-database.fixture.ts'

/** A tenant database whose policies take tokens only, with a key. */
export interface SealedDatabase extends TenantDatabase {
  readonly key: SealKey
  /** The option that a tenancy signs with. */
  readonly seal: { readonly key: string }
  addKey(key: SealKey, retiresAt?: Date): Promise<void>
}

/** Creates the database, `count` organizations and their rows. */
export async function createSealedDatabase(
  count: number,
  mode: 'accept' | 'require' = 'require',
): Promise<SealedDatabase> {
  const database = await createTenantDatabase(count)
  const file = new URL('../../../migrations/sealed_context.up.sql', import.meta.url)
  const sql = await readFile(file, 'utf8')
  await database.admin(mode === 'accept' ? sql : sql.replaceAll(/^.*-- ACCEPT\n/gm, ''))
  const addKey = async (key: SealKey, retiresAt?: Date): Promise<void> => {
    await database.admin(
      'insert into partywall.seal_keys (id, inner_pad, outer_pad, retires_at) values ($1, $2, $3, $4)',
      [key.id, padded(key, 0x36), padded(key, 0x5c), retiresAt],
    )
  }
  const key = createSealKey()
  await addKey(key)
  return Object.assign(database, { key, seal: { key: writeSealKey(key) }, addKey })
}

/** A block of HMAC (RFC 2104). */
function padded({ secret }: SealKey, filler: number): Buffer {
  const block = Buffer.alloc(64, filler)
  for (const [at, byte] of secret.entries()) block[at] = filler ^ byte
  return block
}
