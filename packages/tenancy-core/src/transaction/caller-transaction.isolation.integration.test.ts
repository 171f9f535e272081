import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixtureClientClass } from '../prisma/prisma-client.fixture.ts'
import type { FixtureClient } from '../prisma/prisma-client.fixture.ts'
import { scopedPrisma } from '../prisma/index.ts'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import type { CallerTransaction } from './caller-transaction.ts'
import { inTransaction } from './in-transaction.ts'
import { sqlStateOf } from './sql-state.ts'
import { statementRunner } from './statement-runner.ts'

let database: TenantDatabase
let tenancy: Tenancy
let kysely: Kysely<object>
let prisma: FixtureClient
let first: string
let second: string

beforeAll(async () => {
  const PrismaClient = await fixtureClientClass()
  database = await createTenantDatabase(2)
  ;[first, second] = database.organizations as [string, string]
  tenancy = database.open()
  kysely = new Kysely<object>({ dialect: new PostgresDialect({ pool: tenancy.pool }) })
  prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
})

afterAll(async () => {
  await prisma.$disconnect()
  await database[Symbol.asyncDispose]()
})

type Within = (work: (transaction: CallerTransaction) => Promise<void>) => Promise<void>

const libraries: readonly (readonly [string, Within])[] = [
  ['pg', withinPg],
  ['Kysely', (work) => kysely.transaction().execute((transaction) => work(transaction))],
  ['Prisma', (work) => prisma.$transaction((client) => work(client))],
]

async function withinPg(work: (transaction: CallerTransaction) => Promise<void>): Promise<void> {
  const client = await tenancy.pool.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

const insert = 'insert into repositories (name) values ($1) returning org_id::text as "orgId", id::text as id'

async function owners(name: string): Promise<readonly string[]> {
  const { rows } = await database.admin('select org_id::text as owner from repositories where name = $1', [name])
  return rows.map(({ owner }: { owner: string }) => owner)
}

describe.each(libraries)('a transaction of the caller, by %s', (library, within) => {
  it('takes the write along when it commits, for the tenant in scope', async () => {
    const name = `${library} kept`
    await tenancy.run({ organizationId: second }, () =>
      within(async (transaction) => {
        const rows = await statementRunner(transaction)<{ orgId: string }>(insert, [name])
        expect(rows).toMatchObject([{ orgId: second }])
        expect(await owners(name)).toEqual([])
      }),
    )
    expect(await owners(name)).toEqual([second])
  })

  it('takes the write back when it rolls back', async () => {
    const name = `${library} gone`
    const failure = new Error('the caller changed its mind')
    const work = tenancy.run({ organizationId: first }, () =>
      within(async (transaction) => {
        await inTransaction(tenancy, transaction, async (run) => await run(insert, [name]))
        throw failure
      }),
    )
    await expect(work).rejects.toBe(failure)
    expect(await owners(name)).toEqual([])
  })

  it('tells the SQLSTATE of an error', async () => {
    const work = tenancy.run({ organizationId: first }, () =>
      within(async (transaction) => {
        const run = statementRunner(transaction)
        const raise = `do $$ begin raise exception 'refused' using errcode = 'PW002'; end $$`
        const error: unknown = await run(raise, []).catch((thrown: unknown) => thrown)
        expect(sqlStateOf(error)).toBe('PW002')
        throw error
      }),
    )
    await expect(work).rejects.toThrow(/refused/)
  })
})

describe('what is no transaction', () => {
  it('is refused before a statement runs', async () => {
    const idle = await tenancy.run({ organizationId: first }, () => tenancy.pool.connect())
    const given: readonly unknown[] = [tenancy.pool, idle, kysely, prisma, {}, null, undefined, 'begin']
    for (const transaction of given) {
      expect(() => statementRunner(transaction as CallerTransaction)).toThrow(
        expect.objectContaining({ code: 'TRANSACTION_INVALID' }),
      )
    }
    idle.release()
  })

  it('is not replaced by another tenant’s', async () => {
    const work = tenancy.run({ organizationId: first }, () =>
      withinPg(async (transaction) => {
        const run = statementRunner(transaction)
        await tenancy.run({ organizationId: second }, () => run(insert, ['smuggled']))
      }),
    )
    await expect(work).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    expect(await owners('smuggled')).toEqual([])
  })
})

describe('inTransaction', () => {
  it('commits a transaction of its own, or takes all of it back', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      await inTransaction(tenancy, undefined, async (run) => await run(insert, ['own kept']))
      const failing = inTransaction(tenancy, undefined, async (run) => {
        await run(insert, ['own gone'])
        await run('select 1/0', [])
      })
      await expect(failing).rejects.toMatchObject({ code: '22012' })
    })
    expect(await owners('own kept')).toEqual([first])
    expect(await owners('own gone')).toEqual([])
  })

  it('runs a transaction of its own again when it lost a deadlock', async () => {
    await database.admin('create table locks (id int primary key, taken int not null)')
    await database.admin(`insert into locks values (1, 0), (2, 0); grant all on locks to ${database.appRole}`)
    const take = (order: readonly number[]): Promise<void> =>
      inTransaction(tenancy, undefined, async (run) => {
        for (const id of order) await run('update locks set taken = taken + 1 where id = $1', [id])
      })
    await tenancy.run({ organizationId: first }, () =>
      Promise.all(Array.from({ length: 8 }, (_, turn) => take(turn % 2 === 0 ? [1, 2] : [2, 1]))),
    )
    const { rows } = await database.admin('select taken from locks')
    expect(rows).toEqual([{ taken: 8 }, { taken: 8 }])
  })
})
