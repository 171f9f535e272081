import { PrismaPg } from '@prisma/adapter-pg'
import type { OpenScope } from '@partywall/testing/contract'
import { createTenancy } from '../../src/index.ts'
import { PrismaPoolView } from '../../src/prisma/prisma-pool-view.ts'
import { fixtureClientClass } from '../../src/prisma/prisma-client.fixture.ts'
import { internalsOf } from '../../src/tenancy-internals.ts'
import { batchedRows, lazyRows, openPrismaScope, prismaQueries } from '../contract/prisma-scope.ts'
import type { PrismaScopeClient } from '../contract/prisma-scope.ts'
import { plainStorage, setLocally } from './plain-storage.ts'

/** Prisma on the tenant pool with its own data loader, which all tenants share. */
export const openSharedLoader: OpenScope = async ({ url, maxConnections }) => {
  const PrismaClient = await fixtureClientClass()
  const tenancy = createTenancy({ pool: { connectionString: url, max: maxConnections } })
  const view = PrismaPoolView.open(internalsOf(tenancy).pool)
  const adapter = new PrismaPg(view as unknown as ConstructorParameters<typeof PrismaPg>[0])
  const prisma = new PrismaClient({ adapter }) as unknown as PrismaScopeClient
  return {
    ...prismaQueries(prisma),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await prisma.$transaction(async (tx) => await work(prismaQueries(tx))),
    lazyList: () => lazyRows(prisma),
    batchList: () => batchedRows(prisma),
    close: async () => {
      await prisma.$disconnect()
      await tenancy.close()
    },
  }
}

/** Prisma with scopes that hand on a query before it has started. */
export const openUnstarted: OpenScope = async (options) => {
  const scope = await openPrismaScope(options)
  return {
    ...scope,
    run: (organizationId, work) => {
      const held = scope.run(organizationId, () => ({ result: work() }))
      return held.result
    },
  }
}

/** A hook of a Prisma extension on every call of a model. */
interface ModelCall {
  readonly args: unknown
  readonly query: (args: unknown) => PromiseLike<unknown>
}

/** Prisma on a plain pool with an extension that puts each call of a model into a batch behind the tenant. */
export const openExtendedPrisma: OpenScope = async ({ url, maxConnections }) => {
  const { tenant, ...scopes } = plainStorage()
  const PrismaClient = await fixtureClientClass()
  const plain = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: maxConnections }) })
  const $allOperations = async ({ args, query }: ModelCall): Promise<unknown> => {
    const [, result] = await plain.$transaction([plain.$queryRawUnsafe(setLocally, tenant()), query(args)])
    return result
  }
  const prisma = plain.$extends({ query: { $allModels: { $allOperations } } }) as unknown as PrismaScopeClient
  return {
    ...prismaQueries(prisma),
    ...scopes,
    transaction: async (work) => await prisma.$transaction(async (tx) => await work(prismaQueries(tx))),
    lazyList: () => lazyRows(prisma),
    batchList: () => batchedRows(prisma),
    close: () => prisma.$disconnect(),
  }
}
