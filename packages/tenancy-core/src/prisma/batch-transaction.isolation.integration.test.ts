import { makeTypedQueryFactory } from '@prisma/client/runtime/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { createFilterDatabase, filterClientClass } from './filter-database.fixture.ts'
import type { FilterClient } from './filter-database.fixture.ts'
import { scopedPrisma } from './scoped-prisma.ts'

let database: TenantDatabase
let tenancy: Tenancy
let prisma: FilterClient
let first: string
let second: string

beforeAll(async () => {
  const PrismaClient = await filterClientClass()
  database = await createFilterDatabase(2)
  ;[first, second] = database.organizations as [string, string]
  tenancy = database.open()
  prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
})

afterAll(async () => {
  await prisma.$disconnect()
  await database[Symbol.asyncDispose]()
})

const run = async <T>(organizationId: string, work: () => PromiseLike<T>): Promise<T> =>
  await tenancy.run({ organizationId }, async () => await work())

describe('a batch transaction', () => {
  it('does not run when an extension moves one of its queries to another tenant', async () => {
    const moving = prisma.$extends({
      query: {
        repository: {
          findFirst: ({ args, query }: { args: object; query: (args: object) => PromiseLike<unknown> }) =>
            tenancy.run({ organizationId: second }, () => query(args)),
        },
      },
    })
    const batch = run(first, () =>
      moving.$transaction([moving.repository.create({ data: { name: 'moved' } }), moving.repository.findFirst()]),
    )
    await expect(batch).rejects.toThrow(/A batch transaction has queries for/)
    expect(await run(first, () => prisma.repository.count({ where: { name: 'moved' } }))).toBe(0)
  })

  it('stays one when an extension gives one of its queries a time-out', async () => {
    const hurried = prisma.$extends({
      query: {
        $queryRawUnsafe: ({ args, query }: { args: object; query: (args: object) => PromiseLike<unknown> }) =>
          tenancy.run({ organizationId: first, timeoutMs: 10_000 }, () => query(args)),
      },
    })
    const transactionId = 'select txid_current()::text as id'
    const typed = makeTypedQueryFactory(transactionId) as () => object
    const [one, other] = await run(first, () =>
      hurried.$transaction([hurried.$queryRawTyped(typed()), hurried.$queryRawUnsafe(transactionId)]),
    )
    expect(other).toEqual(one)
  })
})
