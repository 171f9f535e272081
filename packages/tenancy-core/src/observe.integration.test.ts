import { randomUUID } from 'node:crypto'
import { drizzle as openDrizzle } from 'drizzle-orm/node-postgres'
import { pgTable, uuid } from 'drizzle-orm/pg-core'
import { Kysely, PostgresDialect } from 'kysely'
import { DataSource } from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scopedKnex } from './knex/index.ts'
import { Observer } from './observer.ts'
import { fixtureClientClass } from './prisma/prisma-client.fixture.ts'
import { scopedPrisma, tenantFilterExtension } from './prisma/index.ts'
import { createTenancy } from './tenancy.ts'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { TenantDatabase } from './tenant-database.fixture.ts'
import type { TenancyEvent } from './tenancy-event.ts'
import { scopedTypeorm } from './typeorm/index.ts'

const everyRow = 'select org_id from repositories'
const repositories = pgTable('repositories', { organizationId: uuid('org_id') })

let database: TenantDatabase
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  ;[first, second] = database.organizations as [string, string]
  await addOrganization(first, 'first')
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

async function addOrganization(id: string, slug: string): Promise<void> {
  await database.admin('insert into partywall.organizations (id, slug, name) values ($1, $2, $2)', [id, slug])
}

describe("mode: 'observe'", () => {
  it('runs what has no scope as the only organization, and reports each call site once', async () => {
    const events: TenancyEvent[] = []
    const observe = { organizationId: first }
    const tenancy = database.open({ mode: 'observe', observe, onEvent: (event) => void events.push(event) })
    await tenancy.ready()
    for (let turn = 0; turn < 3; turn += 1) {
      const { rows } = await tenancy.pool.query(everyRow)
      expect(rows).toEqual(Array.from({ length: 5 }, () => ({ org_id: first })))
    }
    expect(events).toMatchObject([
      { type: 'context.unscoped', callSite: expect.stringContaining('observe.integration') },
    ])
    const client = await tenancy.pool.connect()
    await client.query('begin')
    expect((await client.query(everyRow)).rows).toHaveLength(5)
    await client.query('commit')
    client.release()
    const [result] = await tenancy.pool.batch([{ text: everyRow }])
    expect(result?.rows).toHaveLength(5)
    expect(tenancy.requireTenant().organizationId).toBe(first)
    expect(events).toHaveLength(4)
    const scoped = await tenancy.run({ organizationId: second }, () => tenancy.pool.query(everyRow))
    expect(scoped.rows[0].org_id).toBe(second)
    expect(events).toHaveLength(4)
  })

  it('reports where in the host the queries of libraries come from', async () => {
    const events: TenancyEvent[] = []
    const observe = { organizationId: first }
    const tenancy = database.open({ mode: 'observe', observe, onEvent: (event) => void events.push(event) })
    const PrismaClient = await fixtureClientClass()
    const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
    const filtered = prisma.$extends(tenantFilterExtension({ tenancy }))
    const knex = scopedKnex(tenancy)
    const kysely = new Kysely<{ repositories: object }>({ dialect: new PostgresDialect({ pool: tenancy.pool }) })
    const drizzle = openDrizzle({ client: tenancy.pool })
    const dataSource = new DataSource(scopedTypeorm(tenancy))
    await tenancy.bootstrap(() => dataSource.initialize())
    const unique = { where: { id: first } }
    const calls: readonly (() => Promise<unknown>)[] = [
      async () => await prisma.repository.findMany(),
      async () => await prisma.repository.findUnique(unique),
      async () => await Promise.all([prisma.repository.findUnique(unique), prisma.repository.count()]),
      async () => await filtered.repository.findUnique(unique),
      async () => await filtered.repository.findMany(),
      async () => await prisma.$queryRawUnsafe('select 1'),
      async () => await prisma.$transaction(async (tx) => await tx.repository.findUnique(unique)),
      async () => await knex('repositories').select('org_id'),
      async () => await knex.transaction(async (trx) => await trx('repositories').select('org_id')),
      async () => await drizzle.select().from(repositories),
      async () => await drizzle.execute(everyRow),
      async () => await drizzle.transaction(async (tx) => await tx.select().from(repositories)),
      async () => await dataSource.query(everyRow),
      async () => await dataSource.transaction(async (manager) => await manager.query(everyRow)),
      async () => await kysely.selectFrom('repositories').execute(),
      async () => await kysely.transaction().execute(async (trx) => await trx.selectFrom('repositories').execute()),
    ]
    const places: unknown[] = []
    for (const call of calls) {
      await call()
      await call()
      // A line may have several calls; where they stand in it is of no interest here.
      const sites = events
        .splice(0)
        .map((event) => /[^/]+:\d+(?=:\d+$)/.exec((event as { callSite: string }).callSite)?.[0])
      places.push([...new Set(sites)])
    }
    const [[start]] = places as [[string]]
    const line = Number(start.split(':')[1])
    expect(places).toEqual(calls.map((_, index) => [`observe.integration.test.ts:${line + index}`]))
    // Prisma waits for these in a way that no stack goes through.
    await prisma.$transaction([prisma.repository.findFirst(), prisma.repository.count()])
    expect(events).toMatchObject([{ callSite: expect.stringContaining('@prisma/client') }])
    await dataSource.destroy()
    await prisma.$disconnect()
  })

  it('asks the database at most once a minute, and refuses when there are two', async () => {
    let nowMs = 0
    let count = 1
    let asked = 0
    const observer = new Observer({
      organizationId: first,
      onEvent: undefined,
      now: () => nowMs,
      countOrganizations: () => {
        asked += 1
        return Promise.resolve(count)
      },
    })
    await Promise.all([observer.admit(), observer.admit()])
    expect(observer.admit()).toBeUndefined()
    expect(asked).toBe(1)
    count = 2
    nowMs += 60_000
    await expect(observer.admit()).rejects.toMatchObject({ code: 'OBSERVE_TOO_LATE' })
    await expect(observer.admit()).rejects.toMatchObject({ code: 'OBSERVE_TOO_LATE' })
  })

  it('does not let an unscoped query of Prisma in with a scoped one of the same tick', async () => {
    const tenancy = database.open({ mode: 'observe', observe: { organizationId: first } })
    const PrismaClient = await fixtureClientClass()
    const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
    const find = async (): Promise<unknown> => await prisma.repository.findUnique({ where: { id: first } })
    expect(await find()).toBeNull()
    await addOrganization(randomUUID(), 'third')
    const later = database.open({ mode: 'observe', observe: { organizationId: first } })
    const other = scopedPrisma(later, (adapter) => new PrismaClient({ adapter }))
    const findLater = async (): Promise<unknown> => await other.repository.findUnique({ where: { id: first } })
    const [scoped, unscoped] = await Promise.allSettled([later.run({ organizationId: first }, findLater), findLater()])
    expect(scoped).toMatchObject({ status: 'fulfilled', value: null })
    expect(unscoped).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('more than one') },
    })
    await database.admin(`delete from partywall.organizations where slug = 'third'`)
  })

  it('refuses to start, and every unscoped statement, once there is a second organization', async () => {
    await addOrganization(second, 'second')
    const tenancy = database.open({ mode: 'observe', observe: { organizationId: first } })
    await expect(tenancy.ready()).rejects.toMatchObject({ code: 'OBSERVE_TOO_LATE' })
    await expect(tenancy.pool.query(everyRow)).rejects.toMatchObject({ code: 'OBSERVE_TOO_LATE' })
    await expect(tenancy.pool.connect()).rejects.toMatchObject({ code: 'OBSERVE_TOO_LATE' })
    await expect(tenancy.pool.batch([{ text: everyRow }])).rejects.toMatchObject({ code: 'OBSERVE_TOO_LATE' })
    const scoped = await tenancy.run({ organizationId: second }, () => tenancy.pool.query(everyRow))
    expect(scoped.rows).toHaveLength(5)
    expect(tenancy.pool.statistics().granted).toBe(1)
  })

  it.each([
    ['observe', { mode: 'observe', operator: {} }],
    ['operator', { mode: 'observe', observe: { organizationId: 'x' } }],
    ['schema', { mode: 'observe', observe: { organizationId: 'x' }, operator: {}, schema: false }],
    ['observe', { observe: { organizationId: 'x' } }],
  ])('refuses options without %s beside it', (path, options) => {
    const create = (): unknown => createTenancy({ pool: {}, ...options } as never)
    expect(create).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
    expect(create).toThrow(path)
  })
})
