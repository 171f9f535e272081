import type { Knex } from 'knex'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { scopedKnex, type ScopedKnexConfig } from '@partywall/tenancy-core/knex'
import { askConcurrently, expectedAnswers } from '../test/ask-concurrently.ts'
import { createTenantDatabase, repositoriesEach, type TenantDatabase } from '../test/create-tenant-database.ts'
import { openKnexHost } from './host.ts'

interface Repository {
  readonly id: string
  readonly org_id: string
  readonly name: string
  readonly stars: number
}

let database: TenantDatabase
let tenancy: Tenancy
let knex: Knex
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(16)
  ;({ tenancy, knex } = openKnexHost(database.appUrl))
  ;[first, second] = database.organizations as [string, string]
})

afterEach(async () => {
  await database.admin(`delete from repositories where name not like 'repository %'`)
  await database.admin('update repositories set stars = 0')
})

afterAll(async () => {
  await knex.destroy()
  await tenancy.close()
  await database[Symbol.asyncDispose]()
})

const as = <T>(organizationId: string, fn: () => T): T => tenancy.run({ organizationId }, fn)
const repositories = () => knex<Repository>('repositories')
const everyOwner = (query: Knex | Knex.Transaction = knex): Promise<string[]> =>
  query<Repository>('repositories').pluck('org_id')
const own = (organizationId: string): string[] => Array.from({ length: repositoriesEach }, () => organizationId)

async function collect(rows: AsyncIterable<Repository>): Promise<string[]> {
  const owners: string[] = []
  for await (const row of rows) owners.push(row.org_id)
  return owners
}

describe('a query of Knex', () => {
  it('reads the rows of the organization in scope, joined and counted', async () => {
    for (const organizationId of [first, second]) {
      expect(await as(organizationId, () => everyOwner())).toEqual(own(organizationId))
      const runs = await as(organizationId, () =>
        knex('test_runs').join('repositories', 'repositories.id', 'repository_id').pluck('test_runs.org_id'),
      )
      expect(runs).toEqual(own(organizationId))
      expect(await as(organizationId, () => repositories().count())).toEqual([{ count: `${repositoriesEach}` }])
    }
  })

  it('inserts for the organization in scope, and cannot for another', async () => {
    const inserted = await as(first, () => repositories().insert({ name: 'new' }).returning('org_id'))
    expect(inserted).toEqual([{ org_id: first }])
    const foreign = as(first, () => repositories().insert({ name: 'foreign', org_id: second }))
    await expect(foreign).rejects.toMatchObject({ code: '42501' })
  })

  it('updates and deletes the rows of the organization in scope only', async () => {
    expect(await as(first, () => repositories().update({ stars: 7 }))).toBe(repositoriesEach)
    expect(await as(first, () => repositories().where({ org_id: second }).update({ stars: 8 }))).toBe(0)
    expect(await as(first, () => repositories().where({ org_id: second }).delete())).toBe(0)
    const touched = await database.admin('select distinct org_id, stars from repositories where stars > 0')
    expect(touched).toEqual([{ org_id: first, stars: 7 }])
    await as(first, () => repositories().insert({ name: 'gone' }))
    expect(await as(second, () => repositories().where({ name: 'gone' }).delete())).toBe(0)
    expect(await as(first, () => repositories().where({ name: 'gone' }).delete())).toBe(1)
  })

  it('upserts, and inserts in batches, for the organization in scope', async () => {
    const merged = await as(first, () =>
      repositories()
        .insert({ name: 'repository 1', stars: 3 })
        .onConflict(['org_id', 'name'])
        .merge()
        .returning(['org_id', 'stars']),
    )
    expect(merged).toEqual([{ org_id: first, stars: 3 }])
    const rows = Array.from({ length: 7 }, (_, index) => ({ name: `batch ${index}` }))
    const batch = await as(second, () => knex.batchInsert<Repository>('repositories', rows, 3).returning('org_id'))
    expect(batch).toEqual(rows.map(() => ({ org_id: second })))
  })

  it('runs raw SQL for the organization in scope', async () => {
    const { rows } = await as(second, () =>
      knex.raw('select distinct org_id from ?? where stars < ?', ['repositories', 9]),
    )
    expect(rows).toEqual([{ org_id: second }])
  })

  it('is refused without an organization, and sends nothing', async () => {
    await expect(everyOwner()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(knex.transaction(async (trx) => everyOwner(trx))).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(collect(repositories().stream())).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(tenancy.bootstrap(() => everyOwner())).rejects.toMatchObject({ code: '42501' })
  })

  it('belongs to the scope that awaits it, and to that which returns it', async () => {
    const lazy = repositories().select('org_id').limit(1)
    expect(await as(first, async () => await lazy)).toEqual([{ org_id: first }])
    expect(await as(second, () => lazy.clone())).toEqual([{ org_id: second }])
  })

  it('never crosses, with 64 callers on 4 connections', async () => {
    const { answered, crossings } = await askConcurrently(database, tenancy, () => everyOwner())
    expect(crossings).toEqual([])
    expect(answered).toBe(expectedAnswers(repositoriesEach))
  })

  it('keeps apart what two organizations ask in one tick', async () => {
    const asked = Array.from({ length: 40 }, (_, turn) => [first, second][turn % 2] as string)
    const seen = await Promise.all(asked.map((organizationId) => as(organizationId, () => everyOwner())))
    expect(seen).toEqual(asked.map(own))
  })

  it('leaves connection and tenant in order when it fails', async () => {
    await expect(as(first, () => knex.raw('select 1 / 0 from repositories'))).rejects.toMatchObject({ code: '22012' })
    const seen = await Promise.all(
      database.organizations.map((organizationId) => as(organizationId, () => everyOwner())),
    )
    expect(seen).toEqual(database.organizations.map(own))
  })

  it('is cancelled when it takes too long, and its connection serves nobody before it ends', async () => {
    const asleep = async (): Promise<number | undefined> => {
      const sql = `select count(*)::int from pg_stat_activity where state = 'active' and query = 'select pg_sleep(20)'`
      return (await database.admin<{ count: number }>(sql))[0]?.count
    }
    for (const cancel of [true, false]) {
      const slow = as(first, () => knex.raw('select pg_sleep(20)').timeout(100, { cancel }))
      await expect(slow).rejects.toThrow('timeout of 100ms')
      expect(await as(second, () => everyOwner())).toEqual(own(second))
      await expect.poll(asleep).toBe(cancel ? 0 : 1)
    }
  })
})

describe('a transaction of Knex', () => {
  it('keeps its organization to the end, beside 63 others', async () => {
    const { answered, crossings } = await askConcurrently(database, tenancy, () =>
      knex.transaction(async (trx) => [...(await everyOwner(trx)), ...(await everyOwner(trx))]),
    )
    expect(crossings).toEqual([])
    expect(answered).toBe(expectedAnswers(2 * repositoriesEach))
  })

  it('commits what it wrote for its organization, and undoes it when it fails', async () => {
    await as(first, () => knex.transaction(async (trx) => void (await trx('repositories').insert({ name: 'kept' }))))
    const failed = as(first, () =>
      knex.transaction(async (trx) => {
        await trx('repositories').insert({ name: 'undone' })
        throw new Error('on purpose')
      }),
    )
    await expect(failed).rejects.toThrow('on purpose')
    const left = await database.admin(`select org_id, name from repositories where name in ('kept', 'undone')`)
    expect(left).toEqual([{ org_id: first, name: 'kept' }])
  })

  it('keeps its organization after a savepoint is rolled back', async () => {
    const seen = await as(first, () =>
      knex.transaction(
        async (trx) => {
          await trx('repositories').insert({ name: 'outer' })
          const inner = trx.transaction(async (nested) => {
            await nested('repositories').insert({ name: 'inner' })
            await nested('repositories').insert({ name: 'repository 1' })
          })
          await expect(inner).rejects.toMatchObject({ code: '23505' })
          await trx('repositories').insert({ name: 'after' })
          return await trx<Repository>('repositories').whereNot('name', 'like', 'repository%').pluck('name')
        },
        { isolationLevel: 'repeatable read' },
      ),
    )
    expect(seen.toSorted()).toEqual(['after', 'outer'])
    const written = await database.admin(`select distinct org_id from repositories where name in ('outer', 'after')`)
    expect(written).toEqual([{ org_id: first }])
  })

  it('keeps its organization when it begins with a savepoint that is rolled back', async () => {
    const seen = await as(first, () =>
      knex.transaction(async (trx) => {
        await expect(trx.transaction((nested) => nested.raw('select 1 / 0'))).rejects.toMatchObject({ code: '22012' })
        return await everyOwner(trx)
      }),
    )
    expect(seen).toEqual(own(first))
  })

  it('can be begun first and used later, by its own organization only', async () => {
    const trx = await as(first, () => knex.transaction())
    try {
      expect(await as(first, () => everyOwner(trx))).toEqual(own(first))
      await expect(as(second, () => everyOwner(trx))).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    } finally {
      await as(first, () => trx.rollback())
    }
  })
})

describe('a stream of Knex', () => {
  it('reads the rows of its organization, in a transaction or out of one', async () => {
    const outside = async (): Promise<string[]> => await collect(repositories().stream({ highWaterMark: 2 }))
    const { crossings } = await askConcurrently(database, tenancy, outside)
    expect(crossings).toEqual([])
    const inside = as(first, () => knex.transaction((trx) => collect(trx<Repository>('repositories').stream())))
    expect(await inside).toEqual(own(first))
  })

  it('gives its connection back when it is closed early, and when it fails', async () => {
    const pids = new Set<unknown>()
    const manyRows = 'select pg_backend_pid() as pid from generate_series(1, 1000)'
    const { pool } = tenancy
    for (let turn = 0; turn < 12; turn += 1) {
      await as(turn % 2 === 0 ? first : second, async () => {
        for await (const row of knex.raw(manyRows).stream({ highWaterMark: 2 })) {
          pids.add((row as { pid: number }).pid)
          break
        }
        await expect(
          collect(knex<Repository>('repositories').whereRaw('1 / stars = 0').stream()),
        ).rejects.toMatchObject({
          code: '22012',
        })
        const closed = repositories().stream()
        closed.destroy()
      })
    }
    expect(await as(second, () => everyOwner())).toEqual(own(second))
    await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0)
    expect(pids.size).toBeLessThanOrEqual(4)
  })

  it('may be read long after the server has sent it all', async () => {
    const stream = as(first, () => repositories().stream())
    await expect.poll(() => stream.readableLength).toBe(repositoriesEach)
    await expect.poll(() => tenancy.pool.totalCount - tenancy.pool.idleCount).toBe(0)
    expect(await collect(stream)).toEqual(own(first))
  })

  it('only reads, outside a transaction', async () => {
    const writing = as(first, () =>
      collect(repositories().insert({ name: 'streamed' }).returning('*').stream() as never),
    )
    await expect(writing).rejects.toMatchObject({ code: '25006' })
  })
})

describe('an operator scope', () => {
  it('sees every organization through the same Knex', async () => {
    const operator = { connectionString: database.operatorUrl, max: 2 }
    const wide = createTenancy({ pool: { connectionString: database.appUrl }, operator })
    const operated = scopedKnex(wide)
    const actor = { type: 'system', id: 'test' } as const
    const seen = await wide.operator({ reason: 'count', actor }, async () => new Set(await everyOwner(operated)))
    expect(seen.size).toBe(16)
    const slow = wide.operator({ reason: 'count', actor }, async () => {
      await operated.raw('select pg_sleep(20)').timeout(100, { cancel: true })
    })
    await expect(slow).rejects.toThrow('timeout of 100ms')
    await wide.close()
  })
})

describe('scopedKnex', () => {
  it.each([{ connection: 'postgres://' }, { pool: { max: 1 } }, { searchPath: 'other' }])(
    'takes no options of the connection: %j',
    (config) => {
      expect(() => scopedKnex(tenancy, config as ScopedKnexConfig)).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
      )
    },
  )
})
