import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import type { TenancyEvent } from '../tenancy-event.ts'
import { fixtureClientClass, withoutDataLoader } from './prisma-client.fixture.ts'
import type { FixtureClient } from './prisma-client.fixture.ts'
import { scopedPrisma } from './scoped-prisma.ts'

let database: TenantDatabase
let tenancy: Tenancy
let PrismaClient: Awaited<ReturnType<typeof fixtureClientClass>>
let events: TenancyEvent[]
let organizations: readonly string[]
let first: string
let second: string
/** A repository of each organization. */
const repositoryOf = new Map<string, string>()

beforeAll(async () => {
  PrismaClient = await fixtureClientClass()
  database = await createTenantDatabase(8)
  organizations = database.organizations
  ;[first, second] = organizations as [string, string]
  const roles = `"${database.appRole}", "partywall_${database.name}_operator"`
  await database.admin(`
    create table tests (
      id uuid primary key default gen_random_uuid(),
      org_id uuid not null default partywall.current_tenant_id(),
      repository_id uuid not null references repositories (id),
      title text not null
    );
    create policy tenant_access on tests for all to "${database.appRole}" using (true) with check (true);
    create policy tenant_isolation on tests as restrictive for all to "${database.appRole}"
      using (org_id = (select partywall.require_tenant_id())) with check (org_id = (select partywall.require_tenant_id()));
    alter table tests enable row level security;
    grant select, insert, update, delete on tests to ${roles};
    insert into tests (org_id, repository_id, title) select org_id, id, 'test of ' || name from repositories;`)
  const { rows } = await database.admin(
    `select distinct on (org_id) org_id, id from repositories order by org_id, name`,
  )
  for (const { org_id: organizationId, id } of rows) repositoryOf.set(organizationId, id)
  events = []
  tenancy = database.open({ onEvent: (event) => void events.push(event) })
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

const unique = (organizationId: string): object => ({ where: { id: repositoryOf.get(organizationId) } })

function describeIsolation(name: string, open: () => FixtureClient): void {
  describe(name, () => {
    let prisma: FixtureClient

    beforeAll(() => {
      prisma = open()
    })

    /** Starts `query` in the scope of each organization, all in one tick. */
    async function inOneTick<T>(
      query: (organizationId: string) => PromiseLike<T>,
      scopes = organizations,
    ): Promise<T[]> {
      return await Promise.all(
        scopes.map((organizationId) => tenancy.run({ organizationId }, async () => await query(organizationId))),
      )
    }

    it('keeps findUnique calls of one tick apart', async () => {
      const own = await inOneTick((organizationId) => prisma.repository.findUnique(unique(organizationId)))
      expect(own.map((row) => row?.orgId)).toEqual(organizations)
      const foreign = await inOneTick((organizationId) =>
        prisma.repository.findUnique(unique(organizationId === first ? second : first)),
      )
      expect(foreign).toEqual(organizations.map(() => null))
    })

    it('keeps findUnique calls apart that ask for the row of the other', async () => {
      const [mine, stolen] = await inOneTick(() => prisma.repository.findUnique(unique(first)), [first, second])
      expect(mine?.orgId).toBe(first)
      expect(stolen).toBeNull()
    })

    it('still merges the findUnique calls of one tenant', async () => {
      const rows = await tenancy.run({ organizationId: first }, async () => {
        const all = await prisma.repository.findMany()
        return await Promise.all(all.map(({ id }) => prisma.repository.findUnique({ where: { id } })))
      })
      expect(rows.map((row) => row?.orgId)).toEqual(rows.map(() => first))
    })

    it('keeps batch transactions of one tick apart', async () => {
      const batches = await inOneTick(() =>
        prisma.$transaction([prisma.repository.findFirst(), prisma.repository.count(), prisma.repository.findFirst()]),
      )
      for (const [index, [row, count, again]] of batches.entries()) {
        expect(row).toMatchObject({ orgId: organizations[index] })
        expect(count).toBe(5)
        expect(again).toMatchObject({ orgId: organizations[index] })
      }
    })

    it('keeps interactive transactions apart, at every isolation level', async () => {
      const seen = await inOneTick((organizationId) =>
        prisma.$transaction(
          async (tx) => {
            const row = await tx.repository.findUnique(unique(organizationId))
            const foreign = await tx.repository.findUnique(unique(organizationId === first ? second : first))
            const [level] = await tx.$queryRawUnsafe('show transaction_isolation')
            return [row?.orgId, foreign, level]
          },
          { isolationLevel: 'Serializable' },
        ),
      )
      expect(seen).toEqual(organizations.map((id) => [id, null, { transaction_isolation: 'serializable' }]))
    })

    it('keeps raw queries, nested reads and nested writes in their tenant', async () => {
      await inOneTick(async (organizationId) => {
        const raw = await prisma.$queryRawUnsafe('select distinct org_id::text as id from repositories')
        expect(raw).toEqual([{ id: organizationId }])
        const created = await prisma.repository.create({
          data: { name: 'nested', tests: { create: [{ title: 'one' }, { title: 'two' }] } },
          include: { tests: true },
        })
        expect([created.orgId, ...(created.tests ?? []).map((test) => test.orgId)]).toEqual(
          Array(3).fill(organizationId),
        )
      })
      await database.admin(
        `delete from tests where title in ('one', 'two'); delete from repositories where name = 'nested'`,
      )
    })

    it('refuses a transaction of one tenant in the scope of another', async () => {
      const misuse = tenancy.run({ organizationId: first }, () =>
        prisma.$transaction((tx) => tenancy.run({ organizationId: second }, async () => await tx.repository.count())),
      )
      await expect(misuse).rejects.toThrow(/checked out for/)
    })

    it('refuses without a tenant', async () => {
      await expect(async () => await prisma.repository.findMany()).rejects.toThrow(/No tenant is in scope/)
      await expect(async () => await prisma.repository.findUnique(unique(first))).rejects.toThrow(
        /No tenant is in scope/,
      )
      await expect(async () => await prisma.$transaction(async () => 1)).rejects.toThrow(/No tenant is in scope/)
    })

    it('starts a query inside the scope that returns it', async () => {
      const row = await tenancy.run({ organizationId: second }, () => prisma.repository.findFirst())
      expect(row?.orgId).toBe(second)
    })

    it('reads across organizations in an operator scope only', async () => {
      const scope = { reason: 'count', actor: { type: 'user', id: 'ada' } } as const
      const [all, own] = await Promise.all([
        tenancy.operator(scope, async () => await prisma.repository.findUnique(unique(second))),
        tenancy.run({ organizationId: first }, async () => await prisma.repository.findUnique(unique(second))),
      ])
      expect(all?.orgId).toBe(second)
      expect(own).toBeNull()
    })

    it('never crosses, with many callers of many tenants', async () => {
      const crossings: unknown[] = []
      const caller = async (seed: number): Promise<void> => {
        for (let turn = 0; turn < 20; turn += 1) {
          const organizationId = organizations[(seed + turn) % organizations.length] as string
          const asked = organizations[(seed * 3 + turn) % organizations.length] as string
          const row = await tenancy.run(
            { organizationId },
            async () => await prisma.repository.findUnique(unique(asked)),
          )
          if ((row === null) === (asked === organizationId)) crossings.push({ organizationId, asked, row })
        }
      }
      await Promise.all(Array.from({ length: 32 }, (_, seed) => caller(seed)))
      expect(crossings).toEqual([])
    })
  })
}

describeIsolation('scopedPrisma', () => {
  const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
  expect(events.filter(({ type }) => type === 'prisma.fallback')).toEqual([])
  return prisma
})

describeIsolation('scopedPrisma with an extended client', () =>
  scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }).$extends({ name: 'nothing' })),
)

describeIsolation('scopedPrisma on an unknown version', () => {
  const prisma = scopedPrisma(tenancy, (adapter) => withoutDataLoader(new PrismaClient({ adapter })))
  expect(events.filter(({ type }) => type === 'prisma.fallback')).toHaveLength(1)
  return prisma
})

describe('PrismaPg on the pool itself', () => {
  it('is refused when it connects', async () => {
    await expect(new PrismaPg(tenancy.pool).connect()).rejects.toMatchObject({ code: 'PRISMA_UNSCOPED' })
    const prisma = new PrismaClient({ adapter: new PrismaPg(tenancy.pool) })
    const query = tenancy.run({ organizationId: first }, async () => await prisma.repository.findMany())
    await expect(query).rejects.toThrow(/scopedPrisma/)
    const transaction = tenancy.run({ organizationId: first }, async () => await prisma.$transaction(async () => 1))
    await expect(transaction).rejects.toThrow(/scopedPrisma/)
  })

  it('is refused at its first statement where it cannot be recognized when it connects', async () => {
    const adapter = new PrismaPg(tenancy.pool)
    // As in a bundle, where neither the file nor the class keeps its name.
    Reflect.set(
      adapter,
      'externalPool',
      new Proxy(tenancy.pool, {
        get: (pool, property) => {
          if (property === 'on') return () => pool
          const value: unknown = Reflect.get(pool, property, pool)
          return typeof value === 'function' ? value.bind(pool) : value
        },
      }),
    )
    const prisma = new PrismaClient({ adapter })
    const query = tenancy.run({ organizationId: first }, async () => await prisma.repository.findMany())
    await expect(query).rejects.toThrow(/scopedPrisma/)
    const transaction = tenancy.run({ organizationId: first }, async () => await prisma.$transaction(async () => 1))
    await expect(transaction).rejects.toThrow(/scopedPrisma/)
  })

  it('is not mistaken for a host that asks for arrays', async () => {
    const query = { text: 'select name from repositories limit 1', rowMode: 'array' as const }
    const { rows } = await tenancy.run({ organizationId: first }, () => tenancy.pool.query(query))
    expect(rows).toEqual([['repository 1']])
  })
})

describe('a client that does not use its adapter', () => {
  it('is refused', () => {
    const other = new PrismaPg({ connectionString: database.appUrl })
    const create = (): unknown => scopedPrisma(tenancy, () => new PrismaClient({ adapter: other }))
    expect(create).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })
})
