import { betterTenant } from '@usebetterdev/tenant-core'
import { drizzleDatabase } from '@usebetterdev/tenant-drizzle'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Pools } from '../open-pools.ts'
import type { Variant } from '../variant.ts'
import type { Item } from '../work.ts'

const itemsTable = pgTable('items', {
  id: uuid('id').primaryKey(),
  org_id: uuid('org_id').notNull(),
  name: text('name').notNull(),
})

type Selects = Pick<NodePgDatabase, 'select'>

/** One row by its key, through Drizzle. */
export function drizzleReads({ raw, better, tenancy }: Pools): Variant[] {
  const plain = drizzle({ client: raw })
  const scoped = drizzle({ client: tenancy.pool })
  const betterScoped = betterTenant({
    database: drizzleDatabase(drizzle({ client: better })),
    tenantResolver: { header: 'x-tenant-id' },
    // Each would be another statement or a request to its authors for every start.
    loadTenant: false,
    telemetry: { enabled: false },
  })
  const common = { group: 'Drizzle', reads: 1 }
  return [
    {
      ...common,
      name: 'drizzle-raw',
      title: 'Drizzle on pg, not prepared, no tenants',
      bound: false,
      answer: ({ items }) => read(plain, items[0]?.id),
    },
    {
      ...common,
      name: 'drizzle-tenancy',
      title: 'Drizzle on tenancy.pool',
      bound: true,
      answer: ({ organizationId, items }) => tenancy.run({ organizationId }, () => read(scoped, items[0]?.id)),
    },
    {
      ...common,
      name: 'better-tenant',
      title: '@usebetterdev/tenant on Drizzle',
      bound: true,
      answer: ({ organizationId, items }) =>
        betterScoped.runAs(organizationId, (database) => read(database as Selects, items[0]?.id)),
    },
  ]
}

async function read(database: Selects, id = ''): Promise<Item[]> {
  return await database.select().from(itemsTable).where(eq(itemsTable.id, id))
}
