import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { Cache, type MutationOption } from 'drizzle-orm/cache/core'
import { drizzle } from 'drizzle-orm/node-postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Tenancy } from '@partywall/tenancy-core'
import { scopedCache } from '@partywall/tenancy-core/drizzle'
import { askConcurrently, expectedAnswers } from '../test/ask-concurrently.ts'
import { createTenantDatabase, repositoriesEach, type TenantDatabase } from '../test/create-tenant-database.ts'
import { openDrizzleHost, type DrizzleHost } from './host.ts'
import { repositories, testRuns } from './schema.ts'

type Queries = Pick<DrizzleHost['db'], 'select'>

let database: TenantDatabase
let tenancy: Tenancy
let db: DrizzleHost['db']
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(16)
  ;({ tenancy, db } = openDrizzleHost(database.appUrl))
  ;[first, second] = database.organizations as [string, string]
})

afterEach(async () => {
  await database.admin(`delete from repositories where name not like 'repository %'`)
  await database.admin('update repositories set stars = 0')
})

afterAll(async () => {
  await tenancy.close()
  await database[Symbol.asyncDispose]()
})

const as = <T>(organizationId: string, fn: () => T): T => tenancy.run({ organizationId }, fn)
const own = (organizationId: string): string[] => Array.from({ length: repositoriesEach }, () => organizationId)

async function everyOwner(queries: Queries = db): Promise<string[]> {
  const rows = await queries.select({ orgId: repositories.orgId }).from(repositories)
  return rows.map(({ orgId }) => orgId)
}

describe('a query of Drizzle', () => {
  it('reads the rows of the organization in scope, joined and counted', async () => {
    for (const organizationId of [first, second]) {
      expect(await as(organizationId, () => everyOwner())).toEqual(own(organizationId))
      const joined = await as(organizationId, () =>
        db
          .selectDistinct({ repository: repositories.orgId, run: testRuns.orgId })
          .from(repositories)
          .innerJoin(testRuns, eq(testRuns.repositoryId, repositories.id)),
      )
      expect(joined).toEqual([{ repository: organizationId, run: organizationId }])
      expect(await as(organizationId, () => db.$count(repositories))).toBe(repositoriesEach)
    }
  })

  it('follows relations inside the organization in scope', async () => {
    const found = await as(first, () => db.query.repositories.findMany({ with: { testRuns: true } }))
    expect(found.map(({ orgId }) => orgId)).toEqual(own(first))
    expect(found.flatMap((repository) => repository.testRuns.map(({ orgId }) => orgId))).toEqual(own(first))
    const run = await as(second, () => db.query.testRuns.findFirst({ with: { repository: true } }))
    expect(run).toMatchObject({ orgId: second, repository: { orgId: second } })
  })

  it('inserts for the organization in scope, and cannot for another', async () => {
    const inserted = await as(first, () => db.insert(repositories).values({ name: 'new' }).returning())
    expect(inserted).toMatchObject([{ orgId: first, name: 'new' }])
    const foreign = as(first, () => db.insert(repositories).values({ name: 'foreign', orgId: second }))
    await expect(foreign).rejects.toMatchObject({ cause: { code: '42501' } })
    const merged = await as(first, () =>
      db
        .insert(repositories)
        .values({ name: 'repository 1', stars: 3 })
        .onConflictDoUpdate({ target: [repositories.orgId, repositories.name], set: { stars: 4 } })
        .returning({ orgId: repositories.orgId, stars: repositories.stars }),
    )
    expect(merged).toEqual([{ orgId: first, stars: 4 }])
  })

  it('updates and deletes the rows of the organization in scope only', async () => {
    const updated = await as(first, () => db.update(repositories).set({ stars: 7 }).returning())
    expect(updated.map(({ orgId }) => orgId)).toEqual(own(first))
    const foreign = await as(first, () =>
      db.update(repositories).set({ stars: 8 }).where(eq(repositories.orgId, second)).returning(),
    )
    expect(foreign).toEqual([])
    expect(await as(first, () => db.delete(repositories).where(eq(repositories.orgId, second)).returning())).toEqual([])
    const touched = await database.admin('select distinct org_id, stars from repositories where stars > 0')
    expect(touched).toEqual([{ org_id: first, stars: 7 }])
    await as(first, () => db.insert(repositories).values({ name: 'gone' }))
    const gone = () => db.delete(repositories).where(eq(repositories.name, 'gone')).returning()
    expect(await as(second, gone)).toEqual([])
    expect(await as(first, gone)).toHaveLength(1)
  })

  it('runs raw SQL for the organization in scope', async () => {
    const { rows } = await as(second, () =>
      db.execute(sql`select distinct org_id from repositories where stars < ${9}`),
    )
    expect(rows).toEqual([{ org_id: second }])
    const client = await as(second, () => db.$client.query('select distinct org_id from repositories'))
    expect(client.rows).toEqual([{ org_id: second }])
  })

  it('is refused without an organization, and sends nothing', async () => {
    await expect(everyOwner()).rejects.toMatchObject({ cause: { code: 'TENANT_REQUIRED' } })
    await expect(db.transaction(everyOwner)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(tenancy.bootstrap(() => everyOwner())).rejects.toMatchObject({ cause: { code: '42501' } })
  })

  it('belongs to the scope that awaits it, and to that which returns it', async () => {
    const lazy = db.select({ orgId: repositories.orgId }).from(repositories).limit(1)
    expect(await as(first, async () => await lazy)).toEqual([{ orgId: first }])
    expect(await as(second, () => lazy)).toEqual([{ orgId: second }])
  })

  it('serves every organization when it is prepared once', async () => {
    const byName = db
      .select({ orgId: repositories.orgId })
      .from(repositories)
      .where(and(eq(repositories.name, sql.placeholder('name')), inArray(repositories.stars, [0, 1])))
      .prepare('repository_by_name')
    const { crossings, answered } = await askConcurrently(database, tenancy, async (turn) => {
      const rows = await byName.execute({ name: `repository ${(turn % repositoriesEach) + 1}` })
      return rows.map(({ orgId }) => orgId)
    })
    expect(crossings).toEqual([])
    expect(answered).toBe(expectedAnswers(1))
    const { rows } = await as(first, () =>
      db.execute(sql`select count(*)::int from pg_prepared_statements where name = 'repository_by_name'`),
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  it('never crosses, with 64 callers on 4 connections', async () => {
    const { answered, crossings } = await askConcurrently(database, tenancy, () => everyOwner())
    expect(crossings).toEqual([])
    expect(answered).toBe(expectedAnswers(repositoriesEach))
  })

  it('keeps apart what two organizations ask in one tick, each in parallel queries', async () => {
    const asked = Array.from({ length: 40 }, (_, turn) => [first, second][turn % 2] as string)
    const seen = await Promise.all(
      asked.map((organizationId) =>
        as(organizationId, async () => (await Promise.all([everyOwner(), everyOwner()])).flat()),
      ),
    )
    expect(seen).toEqual(asked.map((organizationId) => [...own(organizationId), ...own(organizationId)]))
  })

  it('leaves connection and tenant in order when it fails', async () => {
    const failed = as(first, () => db.execute(sql`select 1 / 0 from repositories`))
    await expect(failed).rejects.toMatchObject({ cause: { code: '22012' } })
    const seen = await Promise.all(
      database.organizations.map((organizationId) => as(organizationId, () => everyOwner())),
    )
    expect(seen).toEqual(database.organizations.map(own))
  })
})

describe('a transaction of Drizzle', () => {
  it('keeps its organization to the end, beside 63 others', async () => {
    const { answered, crossings } = await askConcurrently(database, tenancy, () =>
      db.transaction(async (tx) => [...(await everyOwner(tx)), ...(await everyOwner(tx))], {
        isolationLevel: 'repeatable read',
        accessMode: 'read only',
      }),
    )
    expect(crossings).toEqual([])
    expect(answered).toBe(expectedAnswers(2 * repositoriesEach))
  })

  it('commits what it wrote for its organization, and undoes it when it fails', async () => {
    await as(first, () => db.transaction(async (tx) => void (await tx.insert(repositories).values({ name: 'kept' }))))
    const failed = as(first, () =>
      db.transaction(async (tx) => {
        await tx.insert(repositories).values({ name: 'undone' })
        tx.rollback()
      }),
    )
    await expect(failed).rejects.toThrow('Rollback')
    const left = await database.admin(`select org_id, name from repositories where name in ('kept', 'undone')`)
    expect(left).toEqual([{ org_id: first, name: 'kept' }])
    expect(tenancy.pool.totalCount - tenancy.pool.idleCount).toBe(0)
  })

  it('keeps its organization after a savepoint is rolled back', async () => {
    const seen = await as(first, () =>
      db.transaction(async (tx) => {
        await tx.insert(repositories).values({ name: 'outer' })
        const inner = tx.transaction(async (nested) => {
          await nested.insert(repositories).values({ name: 'inner' })
          await nested.insert(repositories).values({ name: 'repository 1' })
        })
        await expect(inner).rejects.toMatchObject({ cause: { code: '23505' } })
        await tx.insert(repositories).values({ name: 'after' })
        return await tx.select().from(repositories).orderBy(asc(repositories.name)).limit(2)
      }),
    )
    expect(seen).toMatchObject([
      { orgId: first, name: 'after' },
      { orgId: first, name: 'outer' },
    ])
  })

  it('keeps its organization when it begins with a savepoint that is rolled back', async () => {
    const seen = await as(first, () =>
      db.transaction(async (tx) => {
        await expect(tx.transaction((nested) => nested.execute(sql`select 1 / 0`))).rejects.toThrow()
        return await everyOwner(tx)
      }),
    )
    expect(seen).toEqual(own(first))
  })

  it('is refused to another organization', async () => {
    const misuse = as(first, () => db.transaction((tx) => as(second, () => everyOwner(tx))))
    await expect(misuse).rejects.toMatchObject({ cause: { code: 'TENANT_MISMATCH' } })
  })
})

class MapCache extends Cache {
  readonly results = new Map<string, unknown[]>()
  readonly invalidated: unknown[] = []

  override strategy(): 'all' {
    return 'all'
  }

  override async get(key: string): Promise<unknown[] | undefined> {
    return this.results.get(key)
  }

  override async put(key: string, response: { rows: unknown[] }): Promise<void> {
    this.results.set(key, response as never)
  }

  override async onMutate({ tags }: MutationOption): Promise<void> {
    this.invalidated.push(tags)
    for (const tag of [tags ?? []].flat()) this.results.delete(tag)
  }
}

describe('a cache of Drizzle', () => {
  it('answers every organization with its own rows, by query and by tag', async () => {
    const cache = new MapCache()
    const cached = drizzle({ client: tenancy.pool, cache: scopedCache(tenancy, cache) })
    const tagged = () => cached.select().from(repositories).$withCache({ tag: 'repositories' })
    for (const organizationId of [first, second, first, second]) {
      expect(await as(organizationId, () => everyOwner(cached))).toEqual(own(organizationId))
      expect((await as(organizationId, tagged)).map(({ orgId }) => orgId)).toEqual(own(organizationId))
    }
    expect(cache.results.size).toBe(4)
    await as(first, () => cached.$cache.invalidate({ tags: 'repositories' }))
    expect(cache.results.size).toBe(3)
    await expect(everyOwner(cached)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await as(first, () => cached.update(repositories).set({ stars: 1 }))
    expect(cache.invalidated).toHaveLength(2)
  })
})
