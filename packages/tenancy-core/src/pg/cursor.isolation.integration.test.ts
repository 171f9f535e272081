import Cursor from 'pg-cursor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id, name from repositories order by name'

let database: TenantDatabase
let tenancy: Tenancy
let first: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  tenancy = database.open()
  first = database.organizations[0] as string
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

function organizationsOf(rows: readonly Record<string, unknown>[]): unknown[] {
  return [...new Set(rows.map((row) => row['org_id']))]
}

describe('a cursor of another library', () => {
  it('reads the rows of the tenant inside a transaction', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      const cursor = client.query(new Cursor(everyRow))
      const rows = [...(await cursor.read(3)), ...(await cursor.read(100))]
      await cursor.close()
      await client.query('commit')
      client.release()
      expect(rows).toHaveLength(5)
      expect(organizationsOf(rows)).toEqual([first])
    })
  })

  it('is refused outside a transaction', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      const cursor = client.query(new Cursor(everyRow))
      await expect(cursor.read(3)).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
      const { rows } = await client.query(everyRow)
      client.release()
      expect(rows).toHaveLength(5)
      const onPool = tenancy.pool.query(new Cursor(everyRow))
      await expect(onPool).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
    })
  })

  it('fails as every statement does in a transaction that has failed', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      for (const failing of ['select 1 / 0', 'select 1 / (count(*) - count(*)) from repositories']) {
        await client.query('begin')
        await expect(client.query(failing)).rejects.toMatchObject({ code: '22012' })
        await expect(client.query(new Cursor(everyRow)).read(3)).rejects.toMatchObject({ code: '25P02' })
        await client.query('rollback')
      }
      const { rows } = await client.query(everyRow)
      client.release()
      expect(organizationsOf(rows)).toEqual([first])
    })
  })

  it('is refused when it would end the transaction', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      await client.query('select 1')
      const cursor = client.query(new Cursor('/* x */ commit'))
      await expect(cursor.read(3)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
      await client.query('rollback')
      client.release()
    })
  })
})
