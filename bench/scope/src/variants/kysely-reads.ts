import { Kysely, PostgresDialect } from 'kysely'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'
import type { Pools } from '../open-pools.ts'
import type { Variant } from '../variant.ts'
import type { Item } from '../work.ts'

interface Database {
  readonly items: Item
}

/** One row by its key, through Kysely. */
export function kyselyReads({ raw, tenancy }: Pools): Variant[] {
  const plain = new Kysely<Database>({ dialect: new PostgresDialect({ pool: raw }) })
  const prepared = new Kysely<Database>({ dialect: new PostgresDialect({ pool: preparing(raw) }) })
  const scoped = new Kysely<Database>({ dialect: new PostgresDialect({ pool: tenancy.pool }) })
  const read = (kysely: Kysely<Database>, id = ''): Promise<Item[]> =>
    kysely.selectFrom('items').select(['id', 'org_id', 'name']).where('id', '=', id).execute()
  const common = { group: 'Kysely', reads: 1 }
  return [
    {
      ...common,
      name: 'kysely-raw',
      title: 'Kysely on pg, not prepared, no tenants',
      bound: false,
      answer: ({ items }) => read(plain, items[0]?.id),
    },
    {
      ...common,
      name: 'kysely-raw-prepared',
      title: 'Kysely on pg, prepared, no tenants',
      bound: false,
      answer: ({ items }) => read(prepared, items[0]?.id),
    },
    {
      ...common,
      name: 'kysely-tenancy',
      title: 'Kysely on tenancy.pool',
      bound: true,
      answer: ({ organizationId, items }) => tenancy.run({ organizationId }, () => read(scoped, items[0]?.id)),
    },
  ]
}

/** Kysely cannot prepare, so what it sends is given a name on the way: what a host could do at the least cost. */
function preparing(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>()
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `kysely_${names.size}`
    names.set(text, name)
    return name
  }
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await pool.connect()
    const query = (text: string, values: readonly unknown[]): unknown =>
      client.query({ name: nameOf(text), text, values: [...values] })
    return { query, release: () => client.release() } as PostgresPoolClient
  }
  return { connect, end: async () => undefined } as PostgresPool
}
