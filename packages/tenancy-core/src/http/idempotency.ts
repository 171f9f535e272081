import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { Tenancy } from '../tenancy.ts'
import { TenancyError } from '../tenancy-error.ts'
import type { PgTransaction } from '../transaction/caller-transaction.ts'
import type { Answer } from './answer-route.ts'

/** A request that is to have its effect once. */
export interface OnceRequest {
  readonly tenancy: Pick<Tenancy, 'pool'>
  /** The schema of the control plane. */
  readonly schema: string
  readonly userId: string
  /** The header `Idempotency-Key`. */
  readonly key: unknown
  /** All that the answer depends on. */
  readonly request: unknown
}

type Work = (transaction?: PgTransaction) => Promise<Answer>

/** Hours that an answer is kept. */
const retentionHours = 24
const keyForm = /^[\x21-\x7e]{1,255}$/

/**
 * Answers a request that is repeated with the same key as it was answered before, and does its work no second time. Key,
 * effect and answer are in one transaction: none of them is there without the others. What fails is not kept, and may be
 * tried again. Without a key the work is done in a transaction all the same.
 *
 * @throws {TenancyError} `IDEMPOTENCY_KEY_INVALID`, `IDEMPOTENCY_KEY_REUSED` for another request, or
 * `IDEMPOTENCY_KEY_BUSY` while the first request with the key is under way.
 */
export async function answerOnce(asked: OnceRequest, work: Work): Promise<Answer> {
  if (asked.key !== undefined && (typeof asked.key !== 'string' || !keyForm.test(asked.key))) {
    throw new TenancyError('IDEMPOTENCY_KEY_INVALID', 'Idempotency-Key has to be 1 to 255 visible ASCII characters.')
  }
  const client = await asked.tenancy.pool.connect()
  let lost: unknown
  try {
    await client.query('begin isolation level read committed')
    const answer = asked.key === undefined ? await work(client) : await answerByKey(client, asked, work)
    await client.query('commit')
    return answer
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      lost = failure
    })
    throw error
  } finally {
    client.release(lost === undefined ? undefined : true)
  }
}

/** The answer that is kept for a request of the same user with the same key; `undefined` for another, or none. */
export async function findKeptAnswer(asked: OnceRequest): Promise<Answer | undefined> {
  const { rows } = await asked.tenancy.pool.query<Kept>(idempotencyStatements(asked.schema).find, [
    asked.userId,
    asked.key,
  ])
  const [kept] = rows
  return kept?.fingerprint === fingerprintOf(asked) ? replayed(kept) : undefined
}

interface Kept {
  readonly fingerprint: string
  readonly answer: Answer
}

function fingerprintOf({ request }: OnceRequest): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('base64url')
}

function replayed({ answer }: Kept): Answer {
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } }
}

async function answerByKey(client: PoolClient, asked: OnceRequest, work: Work): Promise<Answer> {
  const { userId, schema } = asked
  const key = String(asked.key)
  const fingerprint = fingerprintOf(asked)
  const statements = idempotencyStatements(schema)
  const { rows: locks } = await client.query<{ free: boolean }>(statements.lock, [userId, key])
  if (locks[0]?.free !== true) {
    throw new TenancyError(
      'IDEMPOTENCY_KEY_BUSY',
      'The first request with this Idempotency-Key is still under way. Ask again in a moment.',
    )
  }
  const { rows: taken } = await client.query(statements.take, [userId, key, fingerprint])
  if (taken.length === 0) return await replay(client, { statements, userId, key, fingerprint })
  const answer = await work(client)
  await client.query(statements.keep, [userId, key, JSON.stringify(answer)])
  return answer
}

interface Replay {
  readonly statements: Statements
  readonly userId: string
  readonly key: string
  readonly fingerprint: string
}

async function replay(client: PoolClient, { statements, userId, key, fingerprint }: Replay): Promise<Answer> {
  const { rows } = await client.query<Kept>(statements.read, [userId, key])
  const [kept] = rows
  if (kept === undefined || kept.fingerprint !== fingerprint) {
    throw new TenancyError(
      'IDEMPOTENCY_KEY_REUSED',
      'The Idempotency-Key was used for another request. Use a new one for each.',
    )
  }
  return replayed(kept)
}

interface Statements {
  readonly lock: string
  readonly take: string
  readonly keep: string
  readonly read: string
  readonly find: string
}

function idempotencyStatements(schema: string): Statements {
  const control = `"${schema.replaceAll('"', '""')}"`
  const table = `${control}.idempotency_keys`
  const tenant = `(select ${control}.require_tenant_id())`
  const mine = 'user_id = $1::text and key = $2::text'
  return {
    // Whoever waited for the row would hold a connection for as long as the first request takes.
    lock: `select pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(
             pg_catalog.jsonb_build_array('partywall', ${tenant}, $1::text, $2::text)::text, 0)) as free`,
    take: `with expired as (
             delete from ${table} where ctid = any (array(
               select ctid from ${table} where organization_id = ${tenant} and (user_id, key) <> ($1::text, $2::text)
                 and created_at < pg_catalog.now() - interval '${retentionHours} hours' limit 20 for update skip locked))
           )
           insert into ${table} as kept (organization_id, user_id, key, fingerprint) values (${tenant}, $1, $2, $3::text)
           on conflict (organization_id, user_id, key) do update
             set fingerprint = excluded.fingerprint, answer = null, created_at = excluded.created_at
             where kept.created_at < pg_catalog.now() - interval '${retentionHours} hours'
           returning key`,
    keep: `update ${table} set answer = $3::jsonb where ${mine}`,
    read: `select fingerprint, answer from ${table} where ${mine}`,
    find: `select fingerprint, answer from ${table} where ${mine} and organization_id = ${tenant} and answer is not null
             and created_at >= pg_catalog.now() - interval '${retentionHours} hours'`,
  }
}
