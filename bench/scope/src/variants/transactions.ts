import type { PoolClient, QueryResult } from 'pg'
import type { Pools } from '../open-pools.ts'
import type { Variant } from '../variant.ts'
import type { Item, Work } from '../work.ts'
import { pointRead, setTenant } from './statements.ts'

type Read = (client: PoolClient, id: string) => Promise<QueryResult<Item>>

const read: Read = (client, id) => client.query<Item>(pointRead, [id])
const readPrepared: Read = (client, id) => client.query<Item>({ name: 'point_read', text: pointRead, values: [id] })

/** Three rows by their keys, in one transaction. */
export function transactions(pools: Pools): Variant[] {
  const { raw, app, tenancy } = pools
  const common = { group: 'transaction of three', reads: 3 }
  return [
    {
      ...common,
      name: 'raw-transaction',
      title: 'pg, not prepared, no tenants',
      bound: false,
      answer: async (work) => await inTransaction(await raw.connect(), work, { read }),
    },
    {
      ...common,
      name: 'raw-transaction-prepared',
      title: 'pg, prepared, no tenants',
      bound: false,
      answer: async (work) => await inTransaction(await raw.connect(), work, { read: readPrepared }),
    },
    {
      ...common,
      name: 'classic-transaction',
      title: 'pg, BEGIN, set_config, three queries, COMMIT',
      bound: true,
      answer: async (work) => await inTransaction(await app.connect(), work, { read, tenant: work.organizationId }),
    },
    {
      ...common,
      name: 'tenancy-transaction',
      title: 'tenancy.pool, BEGIN, three queries, COMMIT',
      bound: true,
      answer: (work) =>
        tenancy.run({ organizationId: work.organizationId }, async () =>
          inTransaction(await tenancy.pool.connect(), work, { read }),
        ),
    },
    {
      ...common,
      name: 'tenancy-batch',
      title: 'tenancy.pool.batch of three',
      bound: true,
      answer: async ({ organizationId, items }) => {
        const statements = items.map(({ id }) => ({ text: pointRead, values: [id] }))
        const results = await tenancy.run({ organizationId }, () => tenancy.pool.batch(statements))
        return results.flatMap(({ rows }) => rows as Item[])
      },
    },
  ]
}

async function inTransaction(
  client: PoolClient,
  work: Work,
  options: { readonly read: Read; readonly tenant?: string },
): Promise<Item[]> {
  try {
    await client.query('begin')
    if (options.tenant !== undefined) await client.query(setTenant, [options.tenant])
    const answer: Item[] = []
    for (const { id } of work.items) answer.push(...(await options.read(client, id)).rows)
    await client.query('commit')
    return answer
  } finally {
    client.release()
  }
}
