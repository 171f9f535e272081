import type * as pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id from repositories'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  tenancy = database.open()
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

function organizationsOf(rows: readonly Record<string, unknown>[]): unknown[] {
  return [...new Set(rows.map((row) => row['org_id']))]
}

describe('the context of a statement', () => {
  it('goes in the flush of the statement', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const writes = await recordWrites(narrow)
    for (const organizationId of [first, second, first]) {
      await narrow.run({ organizationId }, () => narrow.pool.query(everyRow))
    }
    // Parse, Bind, Execute of the context; Parse, Bind, Describe, Execute of the statement; one Sync. The first unit of a
    // connection has a context of its own.
    expect(writes).toEqual(['PBEPBDES', 'PBEPBDES', 'BEPBDES'])
  })

  it('shares its flush with the BEGIN in front of it, and COMMIT is a message of its own', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const writes = await recordWrites(narrow)
    for (const organizationId of [first, second]) {
      await narrow.run({ organizationId }, async () => {
        const client = await narrow.pool.connect()
        expect(await client.query('BEGIN')).toMatchObject({ command: 'BEGIN', rows: [] })
        expect(client.getTransactionStatus()).toBe('T')
        const answer = client.query(everyRow)
        expect(client.getTransactionStatus()).toBe('T')
        expect(organizationsOf((await answer).rows)).toEqual([organizationId])
        await client.query(everyRow)
        await client.query('commit')
        expect(client.getTransactionStatus()).toBe('I')
        client.release()
      })
    }
    expect(writes).toEqual(['PBEPBEPBDES', 'PBDES', 'Q', 'BEPBEPBDES', 'PBDES', 'Q'])
  })

  it('is not sent, nor is BEGIN, in a transaction that does nothing', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const writes = await recordWrites(narrow)
    await narrow.run({ organizationId: first }, async () => {
      const client = await narrow.pool.connect()
      await client.query('begin isolation level serializable, read only')
      client.release()
      const { rows } = await narrow.pool.query('show transaction_isolation')
      expect(rows).toEqual([{ transaction_isolation: 'read committed' }])
    })
    expect(writes).toEqual(['PBEPBDES'])
  })

  it('keeps the modes of a transaction', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin isolation level repeatable read, read only')
      const { rows } = await client.query('show transaction_isolation')
      expect(rows).toEqual([{ transaction_isolation: 'repeatable read' }])
      const write = client.query(`insert into repositories (name) values ('read only')`)
      await expect(write).rejects.toMatchObject({ code: '25006' })
      await client.query('rollback')
      client.release()
    })
  })

  it('is sent before what a caller does who hears of a value that cannot be sent', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    await narrow.run({ organizationId: first }, async () => {
      const client = await narrow.pool.connect()
      const error = await new Promise((resolve) => {
        client.query('select $1::jsonb', [cyclic], (failure: Error) => {
          client.release(true)
          resolve(failure)
        })
      })
      expect(String(error)).toMatch(/circular/)
      expect(organizationsOf((await narrow.pool.query(everyRow)).rows)).toEqual([first])
    })
  })

  it('fails in a transaction as it does outside, and leaves nothing of it', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
      await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' })
      await client.query('rollback')
      expect(organizationsOf((await client.query(everyRow)).rows)).toEqual([first])
      client.release()
    })
  })
})

/** The messages of each write to the socket of the only connection, by the letters of the protocol. */
async function recordWrites(narrow: Tenancy): Promise<string[]> {
  const client = await narrow.run({ organizationId: first }, () => narrow.pool.connect())
  client.release()
  const [idle] = Reflect.get(narrow.pool, '_idle') as { client: { connection: pg.Connection } }[]
  const stream = idle?.client.connection.stream as NonNullable<typeof idle>['client']['connection']['stream']
  const writes: string[] = []
  const write = stream.write.bind(stream) as (piece: Buffer) => boolean
  Reflect.set(stream, 'write', (piece: Buffer) => {
    let letters = ''
    for (let at = 0; at < piece.length; at += 1 + piece.readInt32BE(at + 1))
      letters += String.fromCharCode(piece[at] ?? 0)
    writes.push(letters)
    return write(piece)
  })
  return writes
}
