import { setTimeout } from 'node:timers/promises'
import { makeTypedQueryFactory } from '@prisma/client/runtime/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import type { TenancyEvent } from '../tenancy-event.ts'
import { createFilterDatabase, filterClientClass, idOf } from './filter-database.fixture.ts'
import type { Answer, FilterClient } from './filter-database.fixture.ts'
import { withoutDataLoader } from './prisma-client.fixture.ts'
import type { FixtureClientOptions, GeneratedClientClass } from './prisma-client.fixture.ts'
import { scopedPrisma } from './scoped-prisma.ts'
import { tenantFilterExtension } from './tenant-filter-extension.ts'

const max = 4
const patient = { maxWait: 60_000, timeout: 60_000 }

let database: TenantDatabase
let tenancy: Tenancy
let PrismaClient: GeneratedClientClass<FilterClient>
let organizations: readonly string[]
let first: string
let second: string
const events: TenancyEvent[] = []

beforeAll(async () => {
  PrismaClient = await filterClientClass()
  database = await createFilterDatabase(8)
  organizations = database.organizations
  ;[first, second] = organizations as [string, string]
  tenancy = database.open({ pool: { max }, onEvent: (event) => void events.push(event) })
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

function open(options: Omit<FixtureClientOptions, 'adapter'> = {}, unknownVersion = false): FilterClient {
  return scopedPrisma(tenancy, (adapter) => {
    const client = new PrismaClient({ adapter, ...options })
    return unknownVersion ? withoutDataLoader(client) : client
  })
}

const whole = (id: string): object => ({ where: { orgId_id: { orgId: tenancy.requireTenant().organizationId, id } } })

const run = async <T>(organizationId: string, work: () => PromiseLike<T>): Promise<T> =>
  await tenancy.run({ organizationId }, async () => await work())

/** Every connection of the pool is in the pool again, and serves each organization its own rows. */
async function assertPoolIsWhole(): Promise<void> {
  const { pool } = tenancy
  // Prisma does not wait for a connection that it gives back.
  await expect.poll(() => [pool.totalCount - pool.idleCount, pool.waitingCount], { timeout: 30_000 }).toEqual([0, 0])
  const seen = await Promise.all(
    organizations.map((id) => run(id, () => tenancy.pool.query('select distinct org_id from repositories'))),
  )
  expect(seen.map(({ rows }) => rows)).toEqual(organizations.map((id) => [{ org_id: id }]))
}

describe.each([
  ['scopedPrisma', () => open()],
  ['scopedPrisma with the filter', () => open().$extends(tenantFilterExtension({ tenancy }))],
  ['scopedPrisma on an unknown version', () => open({}, true)],
  [
    'scopedPrisma on an unknown version with the filter',
    () => open({}, true).$extends(tenantFilterExtension({ tenancy })),
  ],
])('%s', (name, create) => {
  let prisma: FilterClient
  const isFallback = name.includes('unknown')

  beforeAll(() => {
    prisma = create()
  })

  afterAll(async () => {
    await prisma.$disconnect()
  })

  /** Does the same in every organization, eight times over, all started in one tick. */
  async function atOnce<T>(work: (organizationId: string, turn: number) => PromiseLike<T>): Promise<readonly T[]> {
    const turns = Array.from({ length: 64 }, (_, turn) => organizations[turn % 8] as string)
    return await Promise.all(turns.map((organizationId, turn) => run(organizationId, () => work(organizationId, turn))))
  }

  const expected = <T>(value: (organizationId: string) => T): readonly T[] =>
    Array.from({ length: 64 }, (_, turn) => value(organizations[turn % 8] as string))

  it('answers every read with rows of the caller', async () => {
    const ordered = { orderBy: { name: 'asc' } }
    const answers = await atOnce(async () => {
      const rows = [
        await prisma.repository.findUnique(whole(idOf(1))),
        await prisma.repository.findUniqueOrThrow(whole(idOf(2))),
        await prisma.repository.findFirst(ordered),
        ...((await prisma.repository.findMany(ordered)) as unknown as readonly Answer[]),
      ]
      const related = prisma.repository.findUnique(whole(idOf(1))) as unknown as { tests(): Promise<readonly Answer[]> }
      rows.push(...(await related.tests()))
      const counted = await prisma.repository.count()
      const { _max } = await prisma.repository.aggregate({ _max: { stars: true } })
      const groups = await prisma.test.groupBy({ by: ['orgId'], _count: { _all: true } })
      return [new Set(rows.map((row) => row?.['orgId'])), counted, _max, groups]
    })
    expect(answers).toEqual(expected((id) => [new Set([id]), 4, { stars: 4 }, [{ orgId: id, _count: { _all: 8 } }]]))
  })

  it.each(['join', 'query'])(
    'reads related rows of the caller with the strategy "%s"',
    async (relationLoadStrategy) => {
      const answers = await atOnce(async () => {
        const args = { include: { settings: true, tests: { include: { parent: true, labels: true } } } }
        const rows = await prisma.repository.findMany({ relationLoadStrategy, ...args })
        return new Set(JSON.stringify(rows).match(/(?<="orgId":")[^"]+/g))
      })
      expect(answers).toEqual(expected((id) => new Set([id])))
    },
  )

  it('writes for the caller, in nested writes too', async () => {
    const answers = await atOnce(async (organizationId, turn) => {
      const title = `turn ${turn}`
      const made = await prisma.repository.create({
        data: { name: title, tests: { create: [{ title }, { title }] }, settings: { create: {} } },
        include: { tests: true, settings: true },
      })
      const where = { orgId_name: { orgId: organizationId, name: title } }
      const row = { orgId: organizationId, name: title }
      const upserted = await prisma.repository.upsert({ where, create: row, update: { stars: 1 } })
      const updated = await prisma.repository.update({
        where,
        data: { tests: { updateMany: { where: {}, data: { title } } } },
      })
      const { count } = await prisma.test.createMany({ data: [{ title, repositoryId: made['id'] }] })
      const changed = await prisma.test.updateManyAndReturn({ where: { title }, data: { title: `${title} more` } })
      const removed = await prisma.repository.delete({ where })
      return [new Set(JSON.stringify([made, upserted, updated, changed, removed]).match(/(?<="orgId":")[^"]+/g)), count]
    })
    expect(answers).toEqual(expected((id) => [new Set([id]), 1]))
  })

  it('runs raw SQL for the caller, typed SQL too', async () => {
    const owners = makeTypedQueryFactory('select distinct org_id::text as id from tests where title <> $1')
    const answers = await atOnce(async (_, turn) => {
      const [typed] = await prisma.$queryRawTyped((owners as (...values: unknown[]) => object)(`none ${turn}`))
      const [raw] = await prisma.$queryRawUnsafe('select distinct org_id::text as id from tests where title <> $1', 'x')
      return [typed, raw]
    })
    expect(answers).toEqual(expected((id) => [{ id }, { id }]))
  })

  it('keeps batch transactions of one tick apart, raw SQL among them', async () => {
    const answers = await atOnce((organizationId) =>
      prisma.$transaction(
        [
          prisma.repository.findUnique({ where: { orgId_id: { orgId: organizationId, id: idOf(1) } } }),
          prisma.$queryRawUnsafe('select distinct org_id::text as id from tests'),
          prisma.repository.findFirst(),
          prisma.$queryRawUnsafe('show transaction_isolation'),
        ],
        { isolationLevel: 'Serializable', ...patient },
      ),
    )
    expect(answers).toEqual(
      expected((id) => [
        expect.objectContaining({ orgId: id }),
        [{ id }],
        expect.objectContaining({ orgId: id }),
        [{ transaction_isolation: 'serializable' }],
      ]),
    )
  })

  it('keeps the findUnique calls of transactions of one tick apart', async () => {
    const answers = await atOnce((organizationId, turn) =>
      prisma.$transaction(async (tx) => {
        const ids = [1, 2, 3].map(idOf)
        const own = await Promise.all(ids.map((id) => tx.repository.findUnique(whole(id))))
        const key = { orgId: organizations[(turn + 1) % 8], id: idOf(1) }
        const foreign = await tx.repository.findUnique({ where: { orgId_id: key } })
        return [new Set(own.map((row) => row?.['orgId'])), foreign]
      }, patient),
    )
    expect(answers).toEqual(expected((id) => [new Set([id]), null]))
  })

  it('undoes all of a transaction, and a nested one alone', async () => {
    const name = 'nested'
    const names = await run(first, () =>
      prisma.$transaction(async (tx) => {
        await tx.repository.create({ data: { name } })
        const inner = tx.$transaction(async (nested) => {
          await nested.repository.create({ data: { name: 'undone' } })
          throw new Error('undo')
        })
        await expect(inner).rejects.toThrow('undo')
        return await tx.repository.findMany({ where: { name: { in: [name, 'undone'] } } })
      }, patient),
    )
    expect(names).toMatchObject([{ name, orgId: first }])
    await run(first, () => prisma.repository.deleteMany({ where: { name } }))
    const failed = run(first, () =>
      prisma.$transaction([prisma.repository.create({ data: { name } }), prisma.repository.create({ data: { name } })]),
    )
    await expect(failed).rejects.toMatchObject({ code: 'P2002' })
    expect(await run(first, () => prisma.repository.count({ where: { name } }))).toBe(0)
  })

  it('leaves the connection whole after errors of every kind', async () => {
    const missing = { where: { orgId_id: { orgId: first, id: idOf(99) } } }
    const failures: readonly (readonly [() => PromiseLike<unknown>, string])[] = [
      [() => prisma.repository.create({ data: { name: 'r1' } }), 'P2002'],
      [() => prisma.repository.update({ ...missing, data: { stars: 1 } }), 'P2025'],
      [() => prisma.repository.findUniqueOrThrow(missing), 'P2025'],
      [() => prisma.test.create({ data: { orgId: first, repositoryId: idOf(99), title: 'x' } }), 'P2003'],
      [() => prisma.$queryRawUnsafe('select 1/0'), 'P2010'],
      [
        () =>
          prisma.$transaction(async (tx) => {
            await tx.repository.create({ data: { name: 'r1' } })
          }, patient),
        'P2002',
      ],
      [
        () =>
          prisma.$transaction(
            async (tx) => {
              await setTimeout(120)
              await tx.repository.count()
            },
            { maxWait: 60_000, timeout: 50 },
          ),
        'P2028',
      ],
    ]
    for (const [fail, code] of failures) {
      await expect(run(first, fail)).rejects.toMatchObject({ code })
      const failing = Array.from({ length: max }, () =>
        run(first, fail).then(
          () => 'none',
          (error) => error.code,
        ),
      )
      expect(new Set(await Promise.all(failing))).toEqual(new Set([code]))
      await assertPoolIsWhole()
    }
  })

  it('goes on in a transaction after a caught error, inside a nested one', async () => {
    const answer = await run(second, () =>
      prisma.$transaction(async (tx) => {
        const inner = tx.$transaction(async (nested) => await nested.repository.create({ data: { name: 'r1' } }))
        await expect(inner).rejects.toMatchObject({ code: 'P2002' })
        return await tx.repository.findUnique(whole(idOf(1)))
      }, patient),
    )
    expect(answer).toMatchObject({ orgId: second })
    await assertPoolIsWhole()
  })

  it('takes a transaction back whose start was given up', async () => {
    const holders = await run(second, () => Promise.all(Array.from({ length: max }, () => tenancy.pool.connect())))
    const begun = run(first, () => prisma.$transaction(async () => 1, { maxWait: 50 }))
    await expect(begun).rejects.toMatchObject({ code: 'P2028' })
    for (const holder of holders) holder.release()
    await assertPoolIsWhole()
  })

  it('runs a query that was created in one scope and awaited in another as the latter, or not at all', async () => {
    const query = tenancy.run({ organizationId: first }, () => ({ made: prisma.repository.findFirst() }))
    const awaited = run(second, () => query.made)
    await (isFallback
      ? expect(awaited).rejects.toThrow(/checked out for|is used in the scope/)
      : expect(awaited).resolves.toMatchObject({ orgId: second }))
  })

  it('tells refusals by their codes', async () => {
    const unscoped = [
      () => prisma.repository.findMany(),
      () => prisma.repository.findUnique({ where: { orgId_id: { orgId: first, id: idOf(1) } } }),
      () => prisma.$queryRawUnsafe('select 1'),
      () => prisma.$transaction(async () => await Promise.resolve(1)),
    ]
    for (const call of unscoped) {
      await expect(async () => await call()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    }
    const statement = run(first, () => prisma.$queryRawUnsafe('set role none'))
    await expect(statement).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
    const aborted = tenancy.run(
      { organizationId: first, signal: AbortSignal.abort() },
      async () => await prisma.repository.count(),
    )
    if (!isFallback) await expect(aborted).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
    else expect(await aborted).toBe(4)
  })

  it('refuses a transaction of one tenant in the scope of another', async () => {
    const misuse = run(first, () =>
      prisma.$transaction(async (tx) => await run(second, () => tx.repository.count()), patient),
    )
    await expect(misuse).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    await assertPoolIsWhole()
  })

  it('ends the transactions of all tenants when it is disconnected in the scope of one, and connects again', async () => {
    const gate = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const open = run(first, () =>
      prisma.$transaction(async (tx) => {
        await tx.repository.create({ data: { name: 'cut off' } })
        started.resolve()
        await gate.promise
        await tx.repository.count()
      }, patient),
    )
    const ended = expect(open).rejects.toThrow()
    await started.promise
    await run(second, () => prisma.$disconnect())
    gate.resolve()
    await ended
    await assertPoolIsWhole()
    expect(await run(first, () => prisma.repository.count({ where: { name: 'cut off' } }))).toBe(0)
  })

  it('connects outside every scope, and tells listeners of the statements of all tenants', async () => {
    const listened = scopedPrisma(tenancy, (adapter) => {
      const client = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] })
      return isFallback ? withoutDataLoader(client) : client
    })
    await (listened as unknown as { $connect(): Promise<void> }).$connect()
    await run(first, () => listened.repository.count())
    const heard: string[] = []
    listened.$on('query', ({ query }) => {
      heard.push(query)
      // A listener is in the scope of whoever sent the statement.
      heard.push(tenancy.requireTenant().organizationId)
    })
    for (const id of [first, second]) await run(id, () => listened.repository.count())
    expect(heard.filter((_, index) => index % 2 === 1)).toEqual([first, second])
    await listened.$disconnect()
  })

  it('extends in the client and in the model', async () => {
    const extended = prisma.$extends({
      model: { $allModels: { own: () => 'own' } },
      client: { whose: () => tenancy.requireTenant().organizationId },
      result: {
        repository: { label: { needs: { name: true }, compute: ({ name }: { name: string }) => `<${name}>` } },
      },
    }) as FilterClient & { whose(): string; repository: { own(): string } }
    const answers = await atOnce(async () => {
      const row = await extended.repository.findUnique(whole(idOf(1)))
      return [extended.repository.own(), extended.whose(), row['label'], row['orgId']]
    })
    expect(answers).toEqual(expected((id) => ['own', id, '<r1>', id]))
  })

  it('leaves out what is omitted, and takes statement names', async () => {
    const named = scopedPrisma(
      tenancy,
      (adapter) => {
        const client = new PrismaClient({ adapter, omit: { repository: { stars: true } } })
        return isFallback ? withoutDataLoader(client) : client
      },
      { adapter: { statementNameGenerator: ({ sql }) => `s${sql.length}` } },
    )
    const answers = await atOnce(() => named.repository.findUnique(whole(idOf(1))))
    expect(answers).toEqual(expected((id) => ({ id: idOf(1), orgId: id, name: 'r1' })))
  })
})
