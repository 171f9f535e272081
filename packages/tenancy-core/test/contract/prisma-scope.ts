import type { PrismaPg } from '@prisma/adapter-pg'
import type {
  OpenScope,
  OpenScopeOptions,
  Queries,
  RepositoryRow,
  ScopeUnderTest,
  TestRow,
} from '@partywall/testing/contract'
import { contractTenancy } from './contract-tenancy.ts'
import { scopedPrisma } from '../../src/prisma/index.ts'
import type { FixtureClient } from '../../src/prisma/prisma-client.fixture.ts'
import { fixtureClientClass } from '../../src/prisma/prisma-client.fixture.ts'

/** The part of the generated client that the port needs. */
export interface PrismaScopeClient {
  readonly repository: {
    findUnique(query: object): PromiseLike<PrismaRow | null>
    findMany(query?: object): PromiseLike<readonly PrismaRow[]>
    create(query: object): PromiseLike<PrismaRow>
    createMany(query: object): PromiseLike<{ count: number }>
    upsert(query: object): PromiseLike<PrismaRow>
    updateMany(query: object): PromiseLike<{ count: number }>
    deleteMany(query: object): PromiseLike<{ count: number }>
  }
  readonly test: {
    findUnique(query: object): PromiseLike<PrismaTestRow | null>
    create(query: object): PromiseLike<object>
  }
  $queryRawUnsafe(sql: string): PromiseLike<readonly Record<string, unknown>[]>
  $transaction<T>(queries: readonly PromiseLike<T>[]): Promise<readonly T[]>
  $transaction<T>(fn: (client: PrismaScopeClient) => Promise<T>): Promise<T>
  $disconnect(): Promise<void>
}

interface PrismaTestRow {
  readonly id: string
  readonly orgId: string
}

interface PrismaRow extends PrismaTestRow {
  readonly name: string
  readonly tests?: readonly PrismaTestRow[]
}

/** Prisma on the tenant pool. */
export const openPrismaScope: OpenScope = async (options) => await prismaScope(options, (client) => client)

/** Prisma of a version that cannot be taught to keep batches apart: each tenant has a client of its own. */
export const openPrismaPerTenantScope: OpenScope = async (options) => await prismaScope(options, withoutDataLoader)

async function prismaScope(
  options: OpenScopeOptions,
  adapt: (client: FixtureClient) => FixtureClient,
): Promise<ScopeUnderTest> {
  const PrismaClient = await fixtureClientClass()
  const tenancy = contractTenancy(options)
  const create = (adapter: PrismaPg): PrismaScopeClient =>
    adapt(new PrismaClient({ adapter })) as unknown as PrismaScopeClient
  const prisma = scopedPrisma(tenancy, create)
  return {
    ...prismaQueries(prisma),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await prisma.$transaction(async (tx) => await work(prismaQueries(tx))),
    // Not awaited here: it starts where the scope hands it on.
    lazyList: () => lazyRows(prisma),
    batchList: () => batchedRows(prisma),
    close: async () => {
      await prisma.$disconnect()
      await tenancy.close()
    },
  }
}

/** A client that calls its data loader by another name than the versions which are known. */
function withoutDataLoader(client: FixtureClient): FixtureClient {
  const handler = Reflect.get(client, '_requestHandler') as object
  const renamed = new Proxy(handler, {
    get: (target, property) => {
      const value: unknown = property === 'dataloader' ? undefined : Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return Object.defineProperty(client, '_requestHandler', { value: renamed })
}

/** The rows of a query that Prisma has not started yet. */
export function lazyRows(prisma: PrismaScopeClient): PromiseLike<readonly RepositoryRow[]> {
  const query = prisma.repository.findMany()
  return {
    // oxlint-disable-next-line unicorn/no-thenable, promise/no-callback-in-promise -- a lazy query is one
    then: (done, failed) => query.then((rows) => rows.map(rowOf)).then(done, failed),
  }
}

/** The repositories, twice in one batch transaction. */
export async function batchedRows(prisma: PrismaScopeClient): Promise<readonly (readonly RepositoryRow[])[]> {
  const batch = await prisma.$transaction([prisma.repository.findMany(), prisma.repository.findMany()])
  return batch.map((rows) => rows.map(rowOf))
}

const rowOf = ({ id, orgId, name }: PrismaRow): RepositoryRow => ({ id, organizationId: orgId, name })
const testRowOf = ({ id, orgId }: PrismaTestRow): TestRow => ({ id, organizationId: orgId })

/** The port's queries in the words of Prisma. */
export function prismaQueries(prisma: PrismaScopeClient): Queries {
  return {
    query: async (sql) => await prisma.$queryRawUnsafe(sql),
    find: async (id) => {
      const row = await prisma.repository.findUnique({ where: { id } })
      return row === null ? undefined : rowOf(row)
    },
    findTest: async (id) => {
      const row = await prisma.test.findUnique({ where: { id } })
      return row === null ? undefined : testRowOf(row)
    },
    list: async () => (await prisma.repository.findMany()).map(rowOf),
    listWithTests: async () => {
      const rows = await prisma.repository.findMany({ include: { tests: true } })
      return rows.map((row) => ({ ...rowOf(row), tests: (row.tests ?? []).map(testRowOf) }))
    },
    insert: async ({ name, organizationId }) =>
      rowOf(await prisma.repository.create({ data: { name, ...(organizationId && { orgId: organizationId }) } })),
    insertMany: async (rows) => {
      const data = rows.map(({ name, organizationId }) => ({ name, ...(organizationId && { orgId: organizationId }) }))
      return (await prisma.repository.createMany({ data })).count
    },
    insertWithTests: async ({ name, titles }) => {
      await prisma.repository.create({ data: { name, tests: { create: titles.map((title) => ({ title })) } } })
    },
    insertTest: async ({ repositoryId, title }) => {
      await prisma.test.create({ data: { repository: { connect: { id: repositoryId } }, title } })
    },
    upsert: async ({ name, organizationId }) => {
      const row = { orgId: organizationId, name }
      await prisma.repository.upsert({ where: { orgId_name: row }, create: row, update: { name } })
    },
    update: async (id, { name, organizationId }) => {
      const data = { ...(name && { name }), ...(organizationId && { orgId: organizationId }) }
      return (await prisma.repository.updateMany({ where: { id }, data })).count
    },
    remove: async (id) => (await prisma.repository.deleteMany({ where: { id } })).count,
  }
}
