import type { OpenScope, Queries, RepositoryRow } from '@partywall/testing/contract'
import { createTenancy } from '../../src/index.ts'
import { scopedPrisma } from '../../src/prisma/index.ts'
import { fixtureClientClass } from '../../src/prisma/prisma-client.fixture.ts'

/** The part of the generated client that the port needs. */
export interface PrismaScopeClient {
  readonly repository: {
    findUnique(query: object): PromiseLike<PrismaRow | null>
    findMany(): PromiseLike<readonly PrismaRow[]>
    create(query: object): PromiseLike<PrismaRow>
    upsert(query: object): PromiseLike<PrismaRow>
    updateMany(query: object): PromiseLike<{ count: number }>
    deleteMany(query: object): PromiseLike<{ count: number }>
  }
  readonly test: { create(query: object): PromiseLike<object> }
  $queryRawUnsafe(sql: string): PromiseLike<readonly Record<string, unknown>[]>
  $transaction<T>(fn: (client: PrismaScopeClient) => Promise<T>): Promise<T>
  $disconnect(): Promise<void>
}

interface PrismaRow {
  readonly id: string
  readonly orgId: string
  readonly name: string
}

/** Prisma on the tenant pool. */
export const openPrismaScope: OpenScope = async ({ url, maxConnections, pooled }) => {
  const PrismaClient = await fixtureClientClass()
  const tenancy = createTenancy({ pool: { connectionString: url, max: maxConnections }, preparedContext: !pooled })
  const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }) as unknown as PrismaScopeClient)
  return {
    ...prismaQueries(prisma),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await prisma.$transaction(async (tx) => await work(prismaQueries(tx))),
    // Not awaited here: it starts where the scope hands it on.
    lazyList: () => lazyRows(prisma),
    close: async () => {
      await prisma.$disconnect()
      await tenancy.close()
    },
  }
}

/** The rows of a query that Prisma has not started yet. */
export function lazyRows(prisma: PrismaScopeClient): PromiseLike<readonly RepositoryRow[]> {
  const query = prisma.repository.findMany()
  return {
    // oxlint-disable-next-line unicorn/no-thenable, promise/no-callback-in-promise -- a lazy query is one
    then: (done, failed) => query.then((rows) => rows.map(rowOf)).then(done, failed),
  }
}

const rowOf = ({ id, orgId, name }: PrismaRow): RepositoryRow => ({ id, organizationId: orgId, name })

/** The port's queries in the words of Prisma. */
export function prismaQueries(prisma: PrismaScopeClient): Queries {
  return {
    query: async (sql) => await prisma.$queryRawUnsafe(sql),
    find: async (id) => {
      const row = await prisma.repository.findUnique({ where: { id } })
      return row === null ? undefined : rowOf(row)
    },
    list: async () => (await prisma.repository.findMany()).map(rowOf),
    insert: async ({ name, organizationId }) =>
      rowOf(await prisma.repository.create({ data: { name, ...(organizationId && { orgId: organizationId }) } })),
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
