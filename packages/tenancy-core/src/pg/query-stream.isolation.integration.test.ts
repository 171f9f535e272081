import QueryStream from 'pg-query-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id from repositories'

let database: TenantDatabase
let tenancy: Tenancy
let first: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  tenancy = database.open({ pool: { max: 1 } })
  first = database.organizations[0] as string
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** Streams the text on a client that has sent `before`, and answers with its rows. */
async function stream(before: string, text: string): Promise<unknown[]> {
  return await tenancy.run({ organizationId: first }, async () => {
    const client = await tenancy.pool.connect()
    try {
      await client.query(before)
      const rows: unknown[] = []
      for await (const row of client.query(new QueryStream(text, [], { highWaterMark: 2 }))) rows.push(row)
      return rows
    } finally {
      await client.query('rollback')
      client.release()
    }
  })
}

describe('a stream of pg-query-stream', () => {
  it('reads the rows of the tenant inside a transaction', async () => {
    expect(await stream('begin', everyRow)).toEqual(Array.from({ length: 5 }, () => ({ org_id: first })))
  })

  it('leaves the connection free when it is destroyed before its turn', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      client.query(new QueryStream(everyRow)).destroy()
      expect((await client.query(everyRow)).rows).toHaveLength(5)
      await client.query('commit')
      client.release()
    })
  })

  it('is refused outside a transaction', async () => {
    await expect(stream('select 1', everyRow)).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
  })

  it.each(['commit', 'select 1; commit', `select set_config('app.current_tenant_id', 'x', false)`])(
    'is refused when it would leave the scope: %s',
    async (text) => {
      await expect(stream('begin', text)).rejects.toMatchObject({ code: /^STATEMENT_/ })
    },
  )
})
