import type { Tenancy } from '@partywall/tenancy-core'
import { createTenancy as createTenantKit } from '@quxkit/tenant-kit'
import { pgExecutor } from '@quxkit/tenant-kit/pg'
import type { Pools } from '../open-pools.ts'
import type { Variant } from '../variant.ts'
import type { Item } from '../work.ts'
import { pointRead, setTenant } from './statements.ts'

/** One row by its key, through `pg`. */
export function pointReads(pools: Pools): Variant[] {
  const { raw, app } = pools
  const kit = createTenantKit({ db: pgExecutor(pools.kit) })
  const common = { group: 'point read', reads: 1 }
  return [
    {
      ...common,
      name: 'raw',
      title: 'pg, not prepared, no tenants',
      bound: false,
      answer: async ({ items }) => (await raw.query<Item>(pointRead, [items[0]?.id])).rows,
    },
    {
      ...common,
      name: 'raw-prepared',
      title: 'pg, prepared, no tenants',
      bound: false,
      answer: async ({ items }) =>
        (await raw.query<Item>({ name: 'point_read', text: pointRead, values: [items[0]?.id] })).rows,
    },
    {
      ...common,
      name: 'classic',
      title: 'pg, BEGIN, set_config, query, COMMIT',
      bound: true,
      answer: async ({ organizationId, items }) => {
        const client = await app.connect()
        try {
          await client.query('begin')
          await client.query(setTenant, [organizationId])
          const { rows } = await client.query<Item>(pointRead, [items[0]?.id])
          await client.query('commit')
          return rows
        } finally {
          client.release()
        }
      },
    },
    ...scopedReads(pools).map((read) => ({ ...common, bound: true, ...read })),
    {
      ...common,
      name: 'tenant-kit',
      title: '@quxkit/tenant-kit',
      bound: true,
      answer: ({ organizationId, items }) =>
        kit.withTenant(organizationId, (db) => db.query<Item>(pointRead, [items[0]?.id])),
    },
  ]
}

function scopedReads({ tenancy, pipelined, sealed }: Pools): Pick<Variant, 'name' | 'title' | 'answer'>[] {
  return [
    { name: 'tenancy', title: 'tenancy.pool', answer: scopedRead(tenancy) },
    {
      name: 'tenancy-pipeline',
      title: 'tenancy.pool with a pipeline of 4 connections',
      answer: scopedRead(pipelined),
    },
    { name: 'tenancy-sealed', title: 'tenancy.pool with a sealed context', answer: scopedRead(sealed) },
  ]
}

function scopedRead(tenancy: Tenancy): Variant['answer'] {
  return async ({ organizationId, items }) => {
    const { rows } = await tenancy.run({ organizationId }, () => tenancy.pool.query<Item>(pointRead, [items[0]?.id]))
    return rows
  }
}
