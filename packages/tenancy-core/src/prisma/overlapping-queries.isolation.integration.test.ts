import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { createFilterDatabase, filterClientClass } from './filter-database.fixture.ts'
import type { FilterClient } from './filter-database.fixture.ts'
import { scopedPrisma } from './scoped-prisma.ts'

let database: TenantDatabase
let tenancy: Tenancy
let prisma: FilterClient

beforeAll(async () => {
  const PrismaClient = await filterClientClass()
  database = await createFilterDatabase(1)
  tenancy = database.open()
  prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
})

afterAll(async () => {
  await prisma.$disconnect()
  await database[Symbol.asyncDispose]()
})

const run = <T>(work: () => Promise<T>): Promise<T> =>
  tenancy.run({ organizationId: database.organizations[0] as string }, work)

// `pg` warns once in a process, so that this stands in a file of its own.
it('sends no query on a connection before the one in front of it is answered, as pg 9 will ask for', async () => {
  const warnings: string[] = []
  const note = ({ message }: Error): void => void warnings.push(message)
  process.on('warning', note)
  // Prisma reads the relations at once, on the connection of the transaction.
  const created = await run(() =>
    prisma.$transaction((tx) =>
      tx.test.create({
        data: {
          title: 'child',
          repository: { create: { name: 'new' } },
          parent: { create: { title: 'parent', repository: { create: { name: 'other' } } } },
          labels: { create: { name: 'new' } },
        },
        relationLoadStrategy: 'query',
        include: { repository: true, parent: true, owner: true, parts: true, labels: true },
      }),
    ),
  )
  const wrong = run(() =>
    prisma.$transaction((tx) =>
      Promise.all([tx.$queryRawUnsafe('select 1 / 0'), tx.$queryRawUnsafe('select 1'), tx.repository.count()]),
    ),
  )
  await expect(wrong).rejects.toThrow('division by zero')
  expect(await run(() => prisma.repository.count())).toBe(6)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  expect(created).toMatchObject({ repository: { name: 'new' }, parent: { title: 'parent' }, labels: [{ name: 'new' }] })
  expect(warnings).toEqual([])
})
