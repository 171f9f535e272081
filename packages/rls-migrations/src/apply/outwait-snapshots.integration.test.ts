import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, query, type OwnedDatabase } from '../../test/owned-database.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { readConversion } from '../conversion.ts'
import { openSession } from '../database/session.ts'
import { applyPlan } from './apply-plan.ts'
import type { Progress } from './progress.ts'
import { runnerName } from './runner-lock.ts'

/** Runs expand beside a transaction that has held a snapshot for more than a second. */
async function expandBesideOldSnapshot(
  database: OwnedDatabase,
  options: { readonly lockPatienceMs: number; readonly endAfterMs?: number },
): Promise<{ readonly waits: Extract<Progress, { type: 'waiting' }>[]; readonly error: unknown }> {
  const old = new Client({ connectionString: database.ownerUrl, application_name: 'the old one' })
  await old.connect()
  await old.query('begin isolation level repeatable read; select 1 from pg_class limit 1')
  await sleep(1200)
  const end = async (): Promise<void> => {
    await old.query('commit')
  }
  const ended = options.endAfterMs === undefined ? undefined : sleep(options.endAfterMs).then(end)
  await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  const { plan } = await readConversion(session, resolveConfig({}))
  const waits: Extract<Progress, { type: 'waiting' }>[] = []
  const onProgress = (progress: Progress): void => {
    if (progress.type === 'waiting') waits.push(progress)
  }
  const { lockPatienceMs } = options
  const error = await applyPlan({ session, plan, to: 'expand', lockPatienceMs, onProgress }).catch(
    (failure: unknown) => failure,
  )
  await ended
  await old.end()
  return { waits, error }
}

describe('an index that is built concurrently', () => {
  it('says for whom it waits, and is built when the old transaction ends', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id serial primary key, u text unique)' })
    const { waits, error } = await expandBesideOldSnapshot(database, { lockPatienceMs: 30_000, endAfterMs: 1500 })
    expect(error).toMatchObject({ phase: 'expand' })
    expect(waits.flatMap((wait) => wait.blockers)).toContainEqual(
      expect.objectContaining({ applicationName: 'the old one', state: 'idle in transaction' }),
    )
  })

  it('gives up when the patience is over, and leaves no half an index', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id serial primary key, u text unique)' })
    const { error } = await expandBesideOldSnapshot(database, { lockPatienceMs: 500 })
    expect(error).toMatchObject({ code: 'LOCK_UNAVAILABLE' })
    expect(await query(database.ownerUrl, 'select from pg_index where not indisvalid')).toEqual([])
  })
})
