import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { createFilterDatabase, filterClientClass, idOf } from './filter-database.fixture.ts'
import type { Answer, FilterClient } from './filter-database.fixture.ts'
import { scopedPrisma } from './scoped-prisma.ts'
import { tenantFilterExtension } from './tenant-filter-extension.ts'

const callers = 64

let database: TenantDatabase
let tenancy: Tenancy
let prisma: FilterClient
let organizations: readonly string[]
let first: string
let second: string
const sent: string[] = []

beforeAll(async () => {
  const PrismaClient = await filterClientClass()
  database = await createFilterDatabase(3)
  tenancy = database.open({ pool: { max: 5 } })
  organizations = database.organizations
  ;[first, second] = organizations as [string, string, string]
  const main = scopedPrisma(
    tenancy,
    (adapter) => new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] }),
  )
  main.$on('query', ({ query }) => sent.push(query.replaceAll('"public".', '')))
  prisma = main.$extends(tenantFilterExtension({ tenancy }))
})

afterAll(async () => {
  await prisma.$disconnect()
  await database[Symbol.asyncDispose]()
})

/** Runs in the scope of the first organization and tells the statements that were sent. */
async function statementsOf(run: () => PromiseLike<unknown>): Promise<readonly string[]> {
  sent.length = 0
  await tenancy.run({ organizationId: first }, async () => await run())
  return [...sent]
}

const inFirst = async <T>(run: () => PromiseLike<T>): Promise<T> =>
  await tenancy.run({ organizationId: first }, async () => await run())

/** The owners of all rows in an answer, however deep. */
function ownersIn(answer: unknown): readonly string[] {
  if (typeof answer !== 'object' || answer === null) return []
  const { orgId } = answer as { orgId?: unknown }
  return [...(typeof orgId === 'string' ? [orgId] : []), ...Object.values(answer).flatMap(ownersIn)]
}

describe('tenantFilterExtension', () => {
  it('writes the tenant into the condition', async () => {
    expect(await statementsOf(() => prisma.repository.findMany({ where: { stars: 1 } }))).toEqual([
      expect.stringContaining('WHERE ("t0"."stars" = $1 AND "t0"."org_id" = $2)'),
    ])
    expect(await statementsOf(() => prisma.test.updateMany({ data: { title: 't0' }, where: { title: 't0' } }))).toEqual(
      ['UPDATE "tests" SET "title" = $1 WHERE ("tests"."title" = $2 AND "tests"."org_id" = $3)'],
    )
    expect(await statementsOf(() => prisma.label.count())).toEqual([
      expect.stringContaining('WHERE "labels"."org_id" = $1'),
    ])
  })

  it('adds no statement, and none in front of one', async () => {
    const plain = { where: { orgId_id: { orgId: first, id: idOf(1) } } }
    expect(await statementsOf(() => prisma.repository.findUnique(plain))).toHaveLength(1)
    expect(await statementsOf(() => prisma.repository.update({ where: { id: idOf(1) }, data: { stars: 1 } }))).toEqual([
      expect.stringMatching(/^UPDATE .* RETURNING /),
    ])
    expect(await statementsOf(() => prisma.repository.findFirst({ include: { tests: true, settings: true } }))).toEqual(
      [expect.stringMatching(/^SELECT .* LATERAL .*"org_id" = .*"org_id" = .*"org_id" = /)],
    )
  })

  it('keeps the findUnique calls of a tick in one statement', async () => {
    const found = async (key: (n: number) => object): Promise<readonly string[]> =>
      await statementsOf(async () => {
        const rows = await Promise.all([1, 2, 3, 9].map((n) => prisma.repository.findUnique({ where: key(n) })))
        expect(rows.map((row) => row?.['name'])).toEqual(['r1', 'r2', 'r3', undefined])
      })
    expect(await found((n) => ({ id: idOf(n) }))).toHaveLength(1)
    expect(await found((n) => ({ orgId_name: { name: `r${n}` } }))).toHaveLength(1)
    const labels = await statementsOf(async () => {
      const rows = await Promise.all([101, 201].map((n) => prisma.label.findUnique({ where: { id: idOf(n) } })))
      expect(rows.map((row) => row?.['orgId'])).toEqual([first, undefined])
    })
    expect(labels).toHaveLength(1)
  })

  it("upserts on a key with the tenant in one statement, the database's own", async () => {
    const upsert = (where: object) => () =>
      prisma.repository.upsert({ where, create: { name: 'new', stars: 1 }, update: { stars: { increment: 1 } } })
    for (const where of [
      { orgId_name: { name: 'new' } },
      { name: 'new' },
      { orgId_name: { orgId: first, name: 'new' } },
    ]) {
      expect(await statementsOf(upsert(where))).toEqual([
        expect.stringMatching(/^INSERT INTO "repositories" .* ON CONFLICT \("org_id","name"\) DO UPDATE /),
      ])
    }
    expect(await inFirst(() => prisma.repository.delete({ where: { name: 'new' } }))).toMatchObject({ stars: 3 })
  })

  it('upserts once for each of many callers, of organizations that use the same keys', async () => {
    const upserted = await Promise.all(
      Array.from({ length: callers }, (_, turn) => organizations[turn % 3] as string).map(
        async (organizationId) =>
          await tenancy.run({ organizationId }, async () => {
            const row = { where: { name: 'raced' }, create: { name: 'raced' }, update: { stars: { increment: 1 } } }
            return [organizationId, (await prisma.repository.upsert(row))['orgId']]
          }),
      ),
    )
    expect(upserted.filter(([asked, got]) => asked !== got)).toEqual([])
    const { rows } = await database.admin(`delete from repositories where name = 'raced' returning org_id, stars`)
    expect(rows).toHaveLength(3)
    expect(rows.reduce((sum, { stars }) => sum + stars, 0)).toBe(callers - 3)
  })

  it('stamps what is created, and what is created with it', async () => {
    const created = await inFirst(() =>
      prisma.repository.create({
        data: {
          name: 'nested',
          settings: { create: { threshold: 1 } },
          tests: {
            create: [
              { title: 'a', parts: { create: { title: 'b', repository: { connect: { name: 'r1' } } } } },
              { title: 'c', labels: { connectOrCreate: { where: { name: 'nl' }, create: { name: 'nl' } } } },
            ],
            createMany: { data: [{ title: 'd' }] },
          },
        },
        include: { settings: true, tests: { include: { parts: { include: { repository: true } }, labels: true } } },
      }),
    )
    const owners = ownersIn(created)
    expect(owners).toHaveLength(8)
    expect(new Set(owners)).toEqual(new Set([first]))
    const many = await inFirst(() =>
      prisma.test.createManyAndReturn({
        data: [{ title: 'e', repositoryId: created['id'] }],
        include: { repository: true },
      }),
    )
    expect(ownersIn(many)).toEqual([first, first])
    const checked = await inFirst(() =>
      prisma.test.create({
        data: { title: 'f', repository: { connect: { name: 'nested' } }, owner: { connect: { email: 'p1' } } },
        include: { repository: true },
      }),
    )
    expect(ownersIn(checked)).toEqual([first, first])
    await inFirst(async () => {
      await prisma.test.deleteMany({ where: { title: { in: ['b'] } } })
      await prisma.repository.delete({ where: { name: 'nested' } })
      await prisma.label.deleteMany({ where: { name: 'nl' } })
    })
  })

  it('connects by a key with the tenant, and not with the row of another', async () => {
    const connected = await inFirst(() =>
      prisma.test.update({
        where: { id: idOf(1) },
        data: { repository: { connect: { name: 'r3' } }, labels: { connect: { id: idOf(104) } } },
        include: { labels: true, repository: true },
      }),
    )
    expect(connected).toMatchObject({ repository: { name: 'r3', orgId: first } })
    expect(ownersIn(connected['labels'])).toEqual([first, first])
    const foreign = [
      { labels: { connect: { id: idOf(201) } } },
      { repository: { connect: { orgId_name: { orgId: second, name: 'r1' } } } },
      { labels: { update: { where: { id: idOf(201) }, data: { name: 'stolen' } } } },
      { labels: { delete: { id: idOf(201) } } },
    ]
    for (const data of foreign) {
      await expect(inFirst(() => prisma.test.update({ where: { id: idOf(1) }, data }))).rejects.toMatchObject({
        code: expect.stringMatching(/^P20(17|18|25)$/),
      })
    }
  })

  it('disconnects a row whose foreign key has the tenant in it', async () => {
    const disconnected = await inFirst(() =>
      prisma.test.update({
        where: { id: idOf(3) },
        data: { title: 't3', parent: { disconnect: true }, owner: { disconnect: true } },
      }),
    )
    expect(disconnected).toMatchObject({ orgId: first, parentId: null, ownerId: null })
    const nested = { tests: { update: { where: { id: idOf(6) }, data: { parent: { disconnect: true } } } } }
    await inFirst(() => prisma.repository.update({ where: { id: idOf(3) }, data: nested }))
    expect(await inFirst(() => prisma.test.findUnique({ where: { id: idOf(6) } }))).toMatchObject({ parentId: null })
  })

  it('finds nothing where the caller names another tenant', async () => {
    const wheres = [
      { id: idOf(101), orgId: second },
      { id: idOf(201), orgId: second },
      { orgId_name: { orgId: second, name: 'l1' } },
    ]
    for (const where of wheres) {
      expect(await inFirst(() => prisma.label.findUnique({ where }))).toBeNull()
      expect(await inFirst(() => prisma.label.findMany({ where: { orgId: second } }))).toEqual([])
      await expect(inFirst(() => prisma.label.delete({ where }))).rejects.toMatchObject({ code: 'P2025' })
    }
  })

  it('refuses the value of another tenant before anything is sent', async () => {
    const writes = [
      () => prisma.repository.create({ data: { name: 'x', orgId: second } }),
      () => prisma.repository.update({ where: { id: idOf(1) }, data: { orgId: second } }),
      () =>
        prisma.repository.upsert({
          where: { orgId_name: { orgId: second, name: 'r1' } },
          create: { name: 'r1' },
          update: {},
        }),
      () =>
        prisma.person.update({
          where: { email: 'p1' },
          data: { tests: { updateMany: { where: {}, data: { orgId: second } } } },
        }),
    ]
    for (const write of writes) {
      sent.length = 0
      await expect(inFirst(write)).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
      expect(sent).toEqual([])
    }
  })

  it('works in batches and interactive transactions', async () => {
    const { rows } = await database.admin('select count(*)::int as n from tests where org_id = $1', [first])
    const answers = await inFirst(() =>
      prisma.$transaction(
        [prisma.repository.findUnique({ where: { name: 'r1' } }), prisma.test.count(), prisma.repository.findMany()],
        { isolationLevel: 'RepeatableRead' },
      ),
    )
    expect(answers[1]).toBe(rows[0]?.n)
    expect(new Set(ownersIn(answers))).toEqual(new Set([first]))
    const undone = inFirst(() =>
      prisma.$transaction(async (tx) => {
        await tx.repository.create({ data: { name: 'undone' } })
        expect(await tx.repository.findUnique({ where: { name: 'undone' } })).toMatchObject({ orgId: first })
        throw new Error('undo')
      }),
    )
    await expect(undone).rejects.toThrow('undo')
    expect(await inFirst(() => prisma.repository.findUnique({ where: { name: 'undone' } }))).toBeNull()
  })

  it('needs a scope for models of tenants only, and adds nothing in bootstrap', async () => {
    sent.length = 0
    await expect(prisma.repository.findMany()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(prisma.person.findMany({ include: { tests: true } })).rejects.toMatchObject({
      code: 'TENANT_REQUIRED',
    })
    expect(sent).toEqual([])
    const people = await tenancy.bootstrap(async () => await prisma.person.findMany())
    expect(people).toHaveLength(3)
    await expect(tenancy.bootstrap(async () => await prisma.repository.findMany())).rejects.toThrow(/42501/)
  })

  it('keeps many callers apart that do everything at once', async () => {
    const work = async (organizationId: string, turn: number): Promise<readonly Answer[]> => {
      const name = `w${turn}`
      const created = await prisma.repository.create({
        data: { name, tests: { create: { title: name } } },
        include: { tests: true },
      })
      const [found, again] = await Promise.all([
        prisma.repository.findUnique({ where: { name }, include: { tests: { include: { repository: true } } } }),
        prisma.repository.findUnique({ where: { name: 'r1' } }),
      ])
      const batch = await prisma.$transaction([prisma.test.findMany({ take: 3 }), prisma.label.findMany()])
      const inTransaction = await prisma.$transaction(
        async (tx) => await tx.repository.update({ where: { name }, data: { stars: turn } }),
        { maxWait: 60_000, timeout: 60_000 },
      )
      const removed = await prisma.repository.delete({ where: { name } })
      return [created, found, again, ...batch, inTransaction, removed].map((answer) => {
        if (ownersIn(answer).some((owner) => owner !== organizationId)) throw new Error(`foreign rows in ${name}`)
        return answer
      })
    }
    const answers = await Promise.all(
      Array.from({ length: callers }, async (_, turn) => {
        const organizationId = organizations[turn % 3] as string
        return await tenancy.run({ organizationId }, async () => await work(organizationId, turn))
      }),
    )
    expect(answers.flatMap((one) => ownersIn(one)).length).toBeGreaterThan(callers * 10)
  })
})

describe('the options of tenantFilterExtension', () => {
  it.each([[{ field: '' }], [{ models: [] }], [{ column: 'org_id' }], [{ tenancy: undefined }]])(
    'refuses %j',
    (options) => {
      expect(() => tenantFilterExtension({ tenancy, ...options } as never)).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
      )
    },
  )

  it.each([[{ field: 'tenantId' }], [{ models: ['Person'] }]])(
    'refuses %j, which the schema does not have',
    (options) => {
      expect(() => prisma.$extends(tenantFilterExtension({ tenancy, ...options }))).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
      )
    },
  )
})
