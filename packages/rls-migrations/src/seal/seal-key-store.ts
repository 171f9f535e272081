import { TenancyError, type SealKey } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { PlanSettings } from '../plan/plan.ts'
import { keyTable } from '../plan/steps/sealed-context.ts'

/** A key without its secret. */
export interface SealKeyRecord {
  readonly id: string
  /** ISO 8601, in UTC. */
  readonly createdAt: string
  /** From then on no token of it is accepted; null when nobody said. */
  readonly retiresAt: string | null
}

/**
 * The keys whose tokens are accepted, the newest first.
 *
 * @example
 * ```ts
 * const accepting = await switchSeal({ session, plan, to: 'accept' })
 * await readSealKeys(session, accepting.settings) // []
 * ```
 */
export async function readSealKeys(session: Session, settings: PlanSettings): Promise<readonly SealKeyRecord[]> {
  if (settings.seal === undefined) return []
  const iso = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
  const { rows } = await session.query<SealKeyRecord>(
    `select id, ${iso('created_at')} as "createdAt", ${iso('retires_at')} as "retiresAt" from ${keyTable(settings)} where ${accepted} order by created_at desc, id`,
  )
  return rows
}

/**
 * Adds a key and lets the others retire. The secret is drawn in the database, so that no statement and no log holds it:
 * 366 random bits of three UUIDs, hashed to 256.
 *
 * @example
 * ```ts
 * const { settings } = await switchSeal({ session, plan, to: 'accept' })
 * const key = await rotateSealKey(session, settings, { overlapMs: 86_400_000 })
 * const [newest] = await readSealKeys(session, settings)
 * newest.id === key.id // true
 * ```
 */
export async function rotateSealKey(
  session: Session,
  settings: PlanSettings,
  { overlapMs }: { readonly overlapMs: number },
): Promise<SealKey> {
  const table = keyTable(settings)
  await session.query('begin')
  try {
    await session.query(`update ${table} set retires_at = least(retires_at, now() + $1 * interval '1 millisecond')`, [
      overlapMs,
    ])
    // A key that is not accepted any more is of no use but to a thief.
    await session.query(`delete from ${table} where not (${accepted})`)
    const { rows } = await session.query<{ id: string; secret: string }>(
      `with drawn as materialized (
         select substr(gen_random_uuid()::text, 1, 8) as id,
           sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as secret
       ), added as (
         insert into ${table} (id, inner_pad, outer_pad) select id, ${padded(innerFiller)}, ${padded(outerFiller)} from drawn
       )
       select id, encode(secret, 'hex') as secret from drawn`,
    )
    await session.query('commit')
    const { id = '', secret = '' } = rows[0] ?? {}
    return { id, secret: Buffer.from(secret, 'hex') }
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    throw error
  }
}

/**
 * The newest key, to sign as the service does.
 *
 * @throws TenancyError `SEAL_KEY_MISSING` when there is none.
 */
export async function newestSealKey(session: Session, settings: PlanSettings): Promise<SealKey> {
  const { rows } = await session.query<{ id: string; pad: string }>(
    `select id, encode(inner_pad, 'hex') as pad from ${keyTable(settings)} where ${accepted} order by created_at desc, id limit 1`,
  )
  const key = rows[0]
  if (key === undefined) {
    throw new TenancyError(
      'SEAL_KEY_MISSING',
      'The context of this database is sealed, and there is no key that a token could be signed with. Make one, and give it to the service: partywall seal rotate',
    )
  }
  // HMAC fills a short key up with zeros, so that the block without its filler is the same key.
  return { id: key.id, secret: Buffer.from(key.pad, 'hex').map((byte) => byte ^ innerFiller) }
}

const accepted = '(retires_at is null or retires_at > now())'

/** The fillers of the two blocks of HMAC (RFC 2104). */
const innerFiller = 0x36
const outerFiller = 0x5c

/** The block of HMAC for `secret`, which has 32 bytes. */
function padded(filler: number): string {
  const byte = `case when at < 32 then get_byte(secret, at) else 0 end`
  return `(select string_agg(set_byte(decode('00', 'hex'), 0, (${byte}) # ${filler}), decode('', 'hex') order by at) from generate_series(0, 63) at)`
}
