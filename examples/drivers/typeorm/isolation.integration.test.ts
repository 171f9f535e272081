import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { DataSource as TypeormDataSource } from 'typeorm'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { scopedTypeorm, type ScopedTypeormOptions } from '@partywall/tenancy-core/typeorm'
import { askConcurrently, expectedAnswers } from '../test/ask-concurrently.ts'
import { createTenantDatabase, repositoriesEach, type TenantDatabase } from '../test/create-tenant-database.ts'
import { repositoryEntity, testRunEntity, type Repository } from './entities.ts'
import { openTypeormHost } from './host.ts'

let database: TenantDatabase
let tenancy: Tenancy
let dataSource: DataSource
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(16)
  ;({ tenancy, dataSource } = await openTypeormHost(database.appUrl))
  ;[first, second] = database.organizations as [string, string]
})

afterEach(async () => {
  await database.admin(`delete from repositories where name not like 'repository %'`)
  await database.admin('update repositories set stars = 0')
})

afterAll(async () => {
  await dataSource.destroy()
  await tenancy.close()
  await database[Symbol.asyncDispose]()
})

const as = <T>(organizationId: string, fn: () => T): T => tenancy.run({ organizationId }, fn)
const own = (organizationId: string): string[] => Array.from({ length: repositoriesEach }, () => organizationId)
const repositories = (manager: EntityManager = dataSource.manager) => manager.getRepository(repositoryEntity)

async function everyOwner(manager?: EntityManager): Promise<string[]> {
  const rows = await repositories(manager).find()
  return rows.map(({ orgId }) => orgId)
}

async function collect(rows: AsyncIterable<unknown>): Promise<string[]> {
  const owners: string[] = []
  for await (const row of rows) owners.push((row as { org_id: string }).org_id)
  return owners
}

describe('a query of TypeORM', () => {
  it('reads the rows of the organization in scope, with relations and counts', async () => {
    for (const organizationId of [first, second]) {
      expect(await as(organizationId, () => everyOwner())).toEqual(own(organizationId))
      const found = await as(organizationId, () => repositories().find({ relations: { testRuns: true } }))
      expect(found.flatMap(({ testRuns }) => testRuns?.map(({ orgId }) => orgId))).toEqual(own(organizationId))
      expect(await as(organizationId, () => repositories().count())).toBe(repositoriesEach)
      const [, total] = await as(organizationId, () => repositories().findAndCount({ take: 2 }))
      expect(total).toBe(repositoriesEach)
    }
  })

  it('does not find the row of another organization by its id', async () => {
    const foreign = await as(second, () => repositories().findOneByOrFail({ name: 'repository 1' }))
    expect(await as(first, () => repositories().findOneBy({ id: foreign.id }))).toBeNull()
    const joined = await as(first, () =>
      dataSource
        .getRepository(testRunEntity)
        .createQueryBuilder('run')
        .innerJoinAndSelect('run.repository', 'repository')
        .where('repository.id = :id', { id: foreign.id })
        .getMany(),
    )
    expect(joined).toEqual([])
  })

  it('inserts for the organization in scope, and cannot for another', async () => {
    const saved = await as(first, () => repositories().save({ name: 'new' }))
    expect(await database.admin('select org_id from repositories where id = $1', [saved.id])).toEqual([
      { org_id: first },
    ])
    const foreign = as(first, () =>
      dataSource.query('insert into repositories (org_id, name) values ($1, $2)', [second, 'foreign']),
    )
    await expect(foreign).rejects.toMatchObject({ driverError: { code: '42501' } })
    await as(first, () => repositories().upsert({ name: 'repository 1', stars: 4 }, ['orgId', 'name']))
    const merged = await database.admin('select org_id from repositories where stars = 4')
    expect(merged).toEqual([{ org_id: first }])
  })

  it('updates and deletes the rows of the organization in scope only', async () => {
    const update = (condition: object) =>
      repositories().createQueryBuilder().update().set({ stars: 7 }).where(condition).returning('org_id').execute()
    expect((await as(first, () => update({ stars: 0 }))).raw).toHaveLength(repositoriesEach)
    expect((await as(first, () => update({ orgId: second }))).affected).toBe(0)
    expect((await as(first, () => repositories().delete({ orgId: second }))).affected).toBe(0)
    const touched = await database.admin('select distinct org_id, stars from repositories where stars > 0')
    expect(touched).toEqual([{ org_id: first, stars: 7 }])
    const saved = await as(first, () => repositories().save({ name: 'gone' }))
    expect((await as(second, () => repositories().delete(saved.id))).affected).toBe(0)
    await as(first, () => repositories().remove(saved))
    expect(await database.admin(`select from repositories where name = 'gone'`)).toEqual([])
  })

  it('runs raw SQL for the organization in scope', async () => {
    const rows = await as(second, () =>
      dataSource.query('select distinct org_id from repositories where stars < $1', [9]),
    )
    expect(rows).toEqual([{ org_id: second }])
  })

  it('is refused without an organization, and sends nothing', async () => {
    await expect(everyOwner()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(dataSource.transaction(everyOwner)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const atStart = tenancy.bootstrap(() => everyOwner())
    await expect(atStart).rejects.toMatchObject({ driverError: { code: '42501' } })
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
    const failed = as(first, () => dataSource.query('select 1 / 0 from repositories'))
    await expect(failed).rejects.toMatchObject({ driverError: { code: '22012' } })
    const seen = await Promise.all(
      database.organizations.map((organizationId) => as(organizationId, () => everyOwner())),
    )
    expect(seen).toEqual(database.organizations.map(own))
  })
})

describe('a transaction of TypeORM', () => {
  it('keeps its organization to the end, beside 63 others', async () => {
    const { answered, crossings } = await askConcurrently(database, tenancy, () =>
      dataSource.transaction('REPEATABLE READ', async (manager) => [
        ...(await everyOwner(manager)),
        ...(await everyOwner(manager)),
      ]),
    )
    expect(crossings).toEqual([])
    expect(answered).toBe(expectedAnswers(2 * repositoriesEach))
  })

  it('commits what it wrote for its organization, and undoes it when it fails', async () => {
    await as(first, () => dataSource.transaction((manager) => repositories(manager).save({ name: 'kept' })))
    const failed = as(first, () =>
      dataSource.transaction(async (manager) => {
        await repositories(manager).save({ name: 'undone' })
        throw new Error('on purpose')
      }),
    )
    await expect(failed).rejects.toThrow('on purpose')
    const left = await database.admin(`select org_id, name from repositories where name in ('kept', 'undone')`)
    expect(left).toEqual([{ org_id: first, name: 'kept' }])
    expect(tenancy.pool.totalCount - tenancy.pool.idleCount).toBe(0)
  })

  it('keeps its organization after a savepoint is rolled back', async () => {
    await as(first, () =>
      dataSource.transaction(async (manager) => {
        await repositories(manager).insert({ name: 'outer' })
        const inner = manager.transaction(async (nested) => {
          await repositories(nested).insert({ name: 'inner' })
          await repositories(nested).insert({ name: 'repository 1' })
        })
        await expect(inner).rejects.toMatchObject({ driverError: { code: '23505' } })
        expect(await everyOwner(manager)).toEqual([...own(first), first])
        await repositories(manager).insert({ name: 'after' })
      }),
    )
    const written = await database.admin(`select org_id, name from repositories where name !~ '^repository' order by 2`)
    expect(written).toEqual([
      { org_id: first, name: 'after' },
      { org_id: first, name: 'outer' },
    ])
  })

  it('keeps its organization when it begins with a savepoint that is rolled back', async () => {
    const seen = await as(first, () =>
      dataSource.transaction(async (manager) => {
        const inner = manager.transaction((nested) => nested.query('select 1 / 0'))
        await expect(inner).rejects.toMatchObject({ driverError: { code: '22012' } })
        return await everyOwner(manager)
      }),
    )
    expect(seen).toEqual(own(first))
  })

  it('is refused to another organization', async () => {
    const misuse = as(first, () => dataSource.transaction((manager) => as(second, () => everyOwner(manager))))
    await expect(misuse).rejects.toMatchObject({ driverError: { code: 'TENANT_MISMATCH' } })
  })
})

describe('a query runner of TypeORM', () => {
  const withRunner = async <T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> => {
    const runner = dataSource.createQueryRunner()
    try {
      return await work(runner)
    } finally {
      await runner.release()
    }
  }

  it('stays with the organization that connected it', async () => {
    await as(first, () =>
      withRunner(async (runner) => {
        expect(await everyOwner(runner.manager)).toEqual(own(first))
        const foreign = as(second, () => everyOwner(runner.manager))
        await expect(foreign).rejects.toMatchObject({ driverError: { code: 'TENANT_MISMATCH' } })
      }),
    )
  })

  it('streams the rows of its organization inside a transaction', async () => {
    const { crossings } = await askConcurrently(database, tenancy, () =>
      dataSource.transaction(async (manager) =>
        collect(await repositories(manager).createQueryBuilder('r').select('r.org_id', 'org_id').stream()),
      ),
    )
    expect(crossings).toEqual([])
  })

  it('refuses a stream outside a transaction, and is whole after it', async () => {
    const refused = as(first, async () => collect(await repositories().createQueryBuilder('r').stream()))
    await expect(refused).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
    await expect.poll(() => tenancy.pool.totalCount - tenancy.pool.idleCount).toBe(0)
  })

  it('reads the catalog at the start, before any organization', async () => {
    const found = await tenancy.bootstrap(() => withRunner((runner) => runner.hasTable('repositories')))
    expect(found).toBe(true)
  })
})

/** A cache as hosts write them: a result for what TypeORM looks it up by. */
class MapCache {
  readonly results = new Map<string, object>()

  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
  async synchronize(): Promise<void> {}
  async clear(): Promise<void> {
    this.results.clear()
  }

  async getFromCache(entry: { identifier?: string; query?: string }): Promise<object | undefined> {
    return this.results.get(entry.identifier ?? entry.query ?? '')
  }

  async storeInCache(entry: { identifier?: string; query?: string }): Promise<void> {
    this.results.set(entry.identifier ?? entry.query ?? '', entry)
  }

  async remove(identifiers: string[]): Promise<void> {
    for (const identifier of identifiers) this.results.delete(identifier)
  }

  isExpired(): boolean {
    return false
  }
}

describe('a cache of TypeORM', () => {
  it('answers every organization with its own rows, by query and by identifier', async () => {
    const cache = new MapCache()
    const other = createTenancy({ pool: { connectionString: database.appUrl } })
    const provider = () => cache as never
    const options: ScopedTypeormOptions = { entities: [repositoryEntity, testRunEntity], cache: { provider } }
    const cached = new TypeormDataSource(scopedTypeorm(other, options))
    await other.bootstrap(() => cached.initialize())
    const find = (by: true | { id: string; milliseconds: number }) =>
      cached.getRepository<Repository>(repositoryEntity).find({ cache: by })
    for (const organizationId of [first, second, first, second]) {
      for (const by of [true, { id: 'repositories', milliseconds: 60_000 }] as const) {
        const rows = await other.run({ organizationId }, () => find(by))
        expect(rows.map(({ orgId }) => orgId)).toEqual(own(organizationId))
      }
    }
    expect(cache.results.size).toBe(4)
    await other.run({ organizationId: first }, async () => await cached.queryResultCache?.remove(['repositories']))
    expect(cache.results.size).toBe(3)
    await expect(find(true)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await cached.destroy()
    await expect(other.bootstrap(() => other.pool.query('select 1'))).resolves.toBeDefined()
    await other.close()
  })

  it.each([{ cache: true }, { cache: { type: 'redis' } }, { url: 'postgres://' }, { replication: undefined }])(
    'is not taken in a form that cannot be kept apart, nor is a connection: %j',
    (options) => {
      expect(() => scopedTypeorm(tenancy, options as ScopedTypeormOptions)).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
      )
    },
  )
})
