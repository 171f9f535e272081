import { setImmediate } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { scopedPrisma } from '@partywall/tenancy-core/prisma'
import type { Pools } from '../open-pools.ts'
import type { Variant } from '../variant.ts'
import type { Item } from '../work.ts'
import { prismaClientClass } from './prisma-client.ts'
import type { BenchPrisma } from './prisma-client.ts'

/** One row by its key, through Prisma. */
export async function prismaReads({ raw, app, tenancy }: Pools): Promise<Variant[]> {
  const PrismaClient = await prismaClientClass()
  const plain = new PrismaClient({ adapter: new PrismaPg(raw) })
  const prepared = new PrismaClient({ adapter: new PrismaPg(raw, { statementNameGenerator: nameGenerator() }) })
  const scoped = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
  const extended = extensionPattern(new PrismaClient({ adapter: new PrismaPg(app) }))
  const common = { group: 'Prisma', reads: 1 }
  return [
    {
      ...common,
      name: 'prisma-raw',
      title: 'Prisma, no tenants',
      bound: false,
      answer: ({ items }) => read(plain, items[0]?.id),
    },
    {
      ...common,
      name: 'prisma-raw-prepared',
      title: 'Prisma, prepared, no tenants',
      bound: false,
      answer: ({ items }) => read(prepared, items[0]?.id),
    },
    {
      ...common,
      name: 'prisma-extension',
      title: 'Prisma, published extension for row level security',
      bound: true,
      answer: ({ organizationId, items }) => read(extended(organizationId), items[0]?.id),
    },
    {
      ...common,
      name: 'prisma-tenancy',
      title: 'scopedPrisma',
      bound: true,
      answer: ({ organizationId, items }) => tenancy.run({ organizationId }, () => read(scoped, items[0]?.id)),
    },
    {
      ...common,
      name: 'prisma-unique-raw',
      title: 'Prisma, findUnique, no tenants',
      bound: false,
      answer: ({ items }) => readUnique(plain, items[0]?.id),
    },
    {
      ...common,
      name: 'prisma-unique-tenancy',
      title: 'scopedPrisma, findUnique',
      bound: true,
      answer: ({ organizationId, items }) => tenancy.run({ organizationId }, () => readUnique(scoped, items[0]?.id)),
    },
  ]
}

async function read(prisma: BenchPrisma, id = ''): Promise<Item[]> {
  const found = await prisma.item.findFirst({ where: { id } })
  return found === null ? [] : [found]
}

/**
 * Prisma sends `findUnique` calls of one tick as one statement. Callers that wait for each other's answers, as a bench
 * does, would stay in one tick for ever; requests of a server arrive each in a turn of its own, and so do these.
 */
async function readUnique(prisma: BenchPrisma, id = ''): Promise<Item[]> {
  await setImmediate()
  const found = await prisma.item.findUnique({ where: { id } })
  return found === null ? [] : [found]
}

/** A client for each organization, as the published example makes one for each request; here they are kept. */
function extensionPattern(prisma: BenchPrisma): (organizationId: string) => BenchPrisma {
  const clients = new Map<string, BenchPrisma>()
  return (organizationId) => {
    const known = clients.get(organizationId)
    if (known !== undefined) return known
    const client = prisma.$extends({
      query: {
        $allModels: {
          async $allOperations({ args, query }: { args: unknown; query: (args: unknown) => PromiseLike<unknown> }) {
            const [, result] = await prisma.$transaction([
              prisma.$executeRaw`select set_config('app.current_tenant_id', ${organizationId}, true)`,
              query(args),
            ])
            return result
          },
        },
      },
    })
    clients.set(organizationId, client)
    return client
  }
}

function nameGenerator(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>()
  return ({ sql }) => {
    const name = names.get(sql) ?? `prisma_${names.size}`
    names.set(sql, name)
    return name
  }
}
