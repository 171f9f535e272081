import { Kysely, PostgresDialect, sql } from 'kysely'
import Cursor from 'pg-cursor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { tenantFilterPlugin } from './tenant-filter-plugin.ts'

interface Schema {
  readonly repositories: { readonly id: string; readonly org_id: string; readonly name: string }
}

const callers = 64

let database: TenantDatabase
let tenancy: Tenancy
let organizations: readonly [string, string, string]

beforeAll(async () => {
  database = await createTenantDatabase(3)
  tenancy = database.open({ pool: { max: 5 } })
  organizations = database.organizations as unknown as [string, string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

describe.each([
  ['Kysely on the tenant pool', false],
  ['Kysely on the tenant pool, with the plugin', true],
])('%s', (_, withPlugin) => {
  let kysely: Kysely<Schema>

  beforeAll(() => {
    const plugins = withPlugin ? [tenantFilterPlugin({ tenancy, tables: ['repositories'] })] : []
    kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: tenancy.pool, cursor: Cursor }), plugins })
  })

  /** The organizations that each of many callers, all at once, sees in its own scope. */
  async function seenBy(read: (organizationId: string) => Promise<readonly { org_id: string }[]>): Promise<void> {
    const organizationOf = Array.from({ length: callers }, (_, turn) => organizations[turn % 3] as string)
    const seen = await Promise.all(
      organizationOf.map(async (organizationId) => {
        const rows = await tenancy.run({ organizationId }, () => read(organizationId))
        return [...new Set(rows.map((row) => row.org_id))]
      }),
    )
    expect(seen).toEqual(organizationOf.map((organizationId) => [organizationId]))
  }

  it('runs queries for the tenant of each caller', async () => {
    await seenBy(() => kysely.selectFrom('repositories').select('org_id').execute())
  })

  it('runs raw SQL for the tenant of each caller', async () => {
    await seenBy(async () => (await sql<{ org_id: string }>`select org_id from repositories`.execute(kysely)).rows)
  })

  it('runs every query of a connection for the tenant of each caller', async () => {
    await seenBy(() =>
      kysely.connection().execute(async (connection) => {
        const first = await connection.selectFrom('repositories').select('org_id').execute()
        const second = await connection.selectFrom('repositories').select('org_id').limit(1).execute()
        return [...first, ...second]
      }),
    )
  })

  it('runs transactions for the tenant of each caller, in every isolation level', async () => {
    const levels = ['read committed', 'repeatable read', 'serializable'] as const
    for (const level of levels) {
      await seenBy(() =>
        kysely
          .transaction()
          .setIsolationLevel(level)
          .setAccessMode('read only')
          .execute(async (trx) => {
            const { rows } = await sql<{
              level: string
            }>`select current_setting('transaction_isolation') as level`.execute(trx)
            expect(rows).toEqual([{ level }])
            return await trx.selectFrom('repositories').select('org_id').execute()
          }),
      )
    }
  })

  it('streams the rows of each caller in a transaction', async () => {
    await seenBy(() =>
      kysely.transaction().execute(async (trx) => {
        const rows: { org_id: string }[] = []
        for await (const row of trx.selectFrom('repositories').select('org_id').stream(2)) rows.push(row)
        expect(rows).toHaveLength(5)
        return rows
      }),
    )
  })

  it('refuses to stream outside a transaction, and keeps the connection', async () => {
    const [organizationId] = organizations
    const streamed = tenancy.run({ organizationId }, async () => {
      for await (const row of kysely.selectFrom('repositories').select('org_id').stream(2)) return row
    })
    await expect(streamed).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
    await seenBy(() => kysely.selectFrom('repositories').select('org_id').execute())
  })

  it('gives the connection of a stream back when its reader stops early', async () => {
    await seenBy(() =>
      kysely.transaction().execute(async (trx) => {
        const rows: { org_id: string }[] = []
        for await (const row of trx.selectFrom('repositories').select('org_id').stream(1)) {
          rows.push(row)
          break
        }
        return [...rows, ...(await trx.selectFrom('repositories').select('org_id').execute())]
      }),
    )
  })

  it('keeps the tenant through savepoints of a controlled transaction', async () => {
    await seenBy(async (organizationId) => {
      const trx = await kysely.startTransaction().setIsolationLevel('repeatable read').execute()
      const before = await trx.savepoint('before').execute()
      await before.deleteFrom('repositories').where('org_id', '=', organizationId).execute()
      const none = await before.selectFrom('repositories').select('org_id').execute()
      expect(none).toEqual([])
      const after = await before.rollbackToSavepoint('before').execute()
      const rows = await after.selectFrom('repositories').select('org_id').execute()
      expect(rows).toHaveLength(5)
      await after.releaseSavepoint('before').execute()
      await trx.rollback().execute()
      return rows
    })
  })

  it('keeps the tenant where ROLLBACK TO takes back the statement that brought it', async () => {
    await seenBy(async () => {
      const trx = await kysely.startTransaction().execute()
      const start = await trx.savepoint('start').execute()
      await expect(sql`select 1/0`.execute(start)).rejects.toMatchObject({ code: '22012' })
      const again = await start.rollbackToSavepoint('start').execute()
      const rows = await again.selectFrom('repositories').select('org_id').execute()
      await trx.commit().execute()
      return rows
    })
  })

  it('commits what a transaction wrote, and nothing of one that failed', async () => {
    const [organizationId] = organizations
    const insert = (name: string, fail: boolean): Promise<unknown> =>
      tenancy.run({ organizationId }, () =>
        kysely.transaction().execute(async (trx) => {
          await sql`insert into repositories (name) values (${name})`.execute(trx)
          if (fail) throw new Error('given up')
        }),
      )
    await insert('kept', false)
    await expect(insert('lost', true)).rejects.toThrow('given up')
    const { rows } = await database.admin(`select org_id, name from repositories where name in ('kept', 'lost')`)
    expect(rows).toEqual([{ org_id: organizationId, name: 'kept' }])
    await database.admin(`delete from repositories where name = 'kept'`)
  })

  it('tells that a transaction which swallowed an error was rolled back', async () => {
    const [organizationId] = organizations
    const swallowed = tenancy.run({ organizationId }, () =>
      kysely.transaction().execute(async (trx) => {
        await sql`select 1/0`.execute(trx).catch(() => {})
      }),
    )
    await expect(swallowed).rejects.toThrow('rolled back instead of committed')
    await seenBy(() => kysely.selectFrom('repositories').select('org_id').execute())
  })

  it('gives connections back usable after errors', async () => {
    const failures = Array.from({ length: callers }, (_, turn) =>
      tenancy.run({ organizationId: organizations[turn % 3] as string }, () =>
        (turn % 2 === 0 ? sql`select missing` : sql`select 1/(${turn}::int - ${turn}::int)`).execute(kysely).then(
          () => 'no error',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(new Set(await Promise.all(failures))).toEqual(new Set(['42703', '22012']))
    await seenBy(() => kysely.selectFrom('repositories').select('org_id').execute())
  })

  it('refuses a query outside every scope, and a transaction in the scope of another', async () => {
    const [first, second] = organizations
    await expect(kysely.selectFrom('repositories').selectAll().execute()).rejects.toMatchObject({
      code: 'TENANT_REQUIRED',
    })
    await expect(sql`select 1`.execute(kysely)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(kysely.transaction().execute(async () => {})).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const misuse = tenancy.run({ organizationId: first }, () =>
      kysely
        .transaction()
        .execute((trx) =>
          tenancy.run({ organizationId: second }, () => trx.selectFrom('repositories').selectAll().execute()),
        ),
    )
    await expect(misuse).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
  })

  it.each(['ignore query', 'cancel query', 'kill session'] as const)(
    'aborts with "%s"',
    async (inflightQueryAbortStrategy) => {
      const [organizationId] = organizations
      const aborted = Array.from({ length: 8 }, () =>
        tenancy.run({ organizationId }, () =>
          sql`select pg_sleep(0.5)`
            .execute(kysely, { signal: AbortSignal.timeout(100), inflightQueryAbortStrategy })
            .then(
              () => 'finished',
              () => 'aborted',
            ),
        ),
      )
      expect(new Set(await Promise.all(aborted))).toEqual(new Set(['aborted']))
      await seenBy(() => kysely.selectFrom('repositories').select('org_id').execute())
      const sleepers = `select from pg_stat_activity where query like '%pg_sleep(0.5)%' and state = 'active' and pid <> pg_backend_pid()`
      if (inflightQueryAbortStrategy === 'ignore query') return
      await expect.poll(async () => (await database.admin(sleepers)).rowCount, { timeout: 30_000 }).toBe(0)
    },
  )
})
