import type * as pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'

const everyRow = 'select org_id from repositories'
const insert = (name: string): string => `insert into repositories (name) values ('${name}')`

let database: TenantDatabase
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

async function ownersOf(name: string): Promise<unknown[]> {
  const { rows } = await database.admin('select org_id from repositories where name = $1', [name])
  return rows.map((row) => row.org_id)
}

/** Lends the only connection of a pool in the scope of an organization. */
async function withClient(organizationId: string, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const narrow = database.open({ pool: { max: 1 } })
  await narrow.run({ organizationId }, async () => {
    const client = await narrow.pool.connect()
    await work(client)
    client.release()
  })
}

describe('a transaction whose BEGIN the server refuses', () => {
  it('takes nothing for done that was sent behind it', async () => {
    await withClient(first, async (client) => {
      await client.query('begin')
      await client.query(everyRow)
      await client.query('commit')
      await client.query(`do $$ begin execute 'deallocate all'; end $$`)
      await client.query('begin')
      await Promise.allSettled([client.query(insert('behind a')), client.query(insert('behind b'))])
      await client.query('rollback')
    })
    expect([...(await ownersOf('behind a')), ...(await ownersOf('behind b'))]).toEqual([])
  })

  it('refuses what follows, lets it be rolled back, and is closed', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, () => narrow.pool.query('prepare partywall_begin as select 1'))
    await narrow.run({ organizationId: second }, async () => {
      const client = await narrow.pool.connect()
      await client.query('begin')
      await expect(client.query(insert('unopened a'))).rejects.toMatchObject({ code: 'CONTEXT_NOT_APPLIED' })
      await expect(client.query(insert('unopened b'))).rejects.toMatchObject({ code: 'TRANSACTION_NOT_OPENED' })
      await client.query('rollback')
      client.release()
      await narrow.pool.query(insert('opened'))
    })
    expect([...(await ownersOf('unopened a')), ...(await ownersOf('unopened b'))]).toEqual([])
    expect(await ownersOf('opened')).toEqual([second])
  })
})

describe('a connection on which names were changed', () => {
  it('prepares its own statements anew after DEALLOCATE', async () => {
    await withClient(first, async (client) => {
      await client.query(everyRow)
      await client.query('prepare mine as select 1')
      await client.query('deallocate mine')
      for (let turn = 0; turn < 3; turn += 1) expect((await client.query(everyRow)).rows.length).toBeGreaterThan(0)
    })
  })

  it('sets the tenant itself after a block that put another statement under its name', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      await narrow.pool.query(everyRow)
      await narrow.pool.query(everyRow)
      await narrow.pool.query(`do $do$ begin
        execute 'deallocate partywall_context_open';
        execute $x$prepare partywall_context_open(text) as
          select case when set_config('app.current_tenant_id', '${first}', true) is null then '' else '' end, $1$x$;
      end $do$`)
    })
    await narrow.run({ organizationId: second }, () => narrow.pool.query(insert('of second')))
    expect(await ownersOf('of second')).toEqual([second])
  })
})

describe('a value that cannot be serialized', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic

  // The text of the refused statement is that of its neighbours, which are prepared under the same name, or a text of
  // its own.
  it.each(['select $1::jsonb as n', 'select $1::jsonb'])(
    'leaves every answer of a pipeline with its question: %s',
    async (refused) => {
      const piped = database.open({ pipeline: { connections: 1, depth: 4 } })
      await piped.run({ organizationId: first }, async () => {
        for (let round = 0; round < 3; round += 1) {
          const outcomes = await Promise.allSettled(
            Array.from({ length: 40 }, (_, turn) =>
              turn % 5 === round
                ? piped.pool.query(refused, [cyclic])
                : piped.pool.query('select $1::jsonb as n', [turn]),
            ),
          )
          const told = outcomes.map((outcome) =>
            outcome.status === 'fulfilled' ? outcome.value.rows[0]?.n : String(outcome.reason).split('\n')[0],
          )
          const refusal = 'TypeError: Converting circular structure to JSON'
          expect(told).toEqual(outcomes.map((_, turn) => (turn % 5 === round ? refusal : turn)))
        }
      })
    },
  )

  it('keeps a BEGIN that was to go with it for the next statement', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      const client = await narrow.pool.connect()
      await client.query('begin')
      await expect(client.query('select $1::jsonb', [cyclic])).rejects.toThrow('circular')
      await client.query(insert('kept with its begin'))
      await expect(client.query('select $1::jsonb', [cyclic])).rejects.toThrow('circular')
      await client.query('rollback')
      client.release()
    })
    expect(await ownersOf('kept with its begin')).toEqual([])
  })

  it('sends nothing of a batch that it is part of, and leaves the connection whole', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const statement = (value: unknown): { text: string; values: unknown[] } => ({
      text: 'select $1::jsonb as n',
      values: [value],
    })
    await narrow.run({ organizationId: first }, async () => {
      for (let round = 0; round < 4; round += 1) {
        const batch = narrow.pool.batch([{ text: insert('of a batch') }, statement(round), statement(cyclic)])
        await expect(batch).rejects.toMatchObject({ code: 'BATCH_FAILED', details: { index: 2 } })
        const [answer] = await narrow.pool.batch([statement(round)])
        expect(answer?.rows).toEqual([{ n: round }])
      }
    })
    expect(await ownersOf('of a batch')).toEqual([])
  })
})
