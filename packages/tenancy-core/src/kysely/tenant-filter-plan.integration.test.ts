import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { tenantFilterPlugin } from './tenant-filter-plugin.ts'

interface Schema {
  readonly repositories: { readonly org_id: string; readonly name: string }
}

interface Plan {
  readonly 'Plan Rows': number
}

const tenants = 200
const largeRows = 20_000

let database: TenantDatabase
let tenancy: Tenancy
let large: string
let walled: Kysely<Schema>
let filtered: Kysely<Schema>

beforeAll(async () => {
  database = await createTenantDatabase(tenants)
  tenancy = database.open()
  large = database.organizations[0] as string
  await database.admin(
    `insert into repositories (org_id, name) select '${large}', 'more ' || n from generate_series(1, ${largeRows}) n`,
  )
  await database.admin('analyze repositories')
  walled = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: tenancy.pool }) })
  filtered = walled.withPlugin(tenantFilterPlugin({ tenancy, tables: ['repositories'] }))
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

async function planned(kysely: Kysely<Schema>): Promise<Plan> {
  const query = kysely.selectFrom('repositories').select('name')
  const [row] = await tenancy.run({ organizationId: large }, () =>
    query.explain<{ 'QUERY PLAN': [{ Plan: Plan }] }>('json'),
  )
  return (row as NonNullable<typeof row>)['QUERY PLAN'][0].Plan
}

describe('the literal of tenantFilterPlugin', () => {
  it('lets the planner estimate by the share of the tenant', async () => {
    const rows = largeRows + 5
    expect((await planned(walled))['Plan Rows']).toBeLessThan(rows / 10)
    const estimate = (await planned(filtered))['Plan Rows']
    expect(estimate).toBeGreaterThan(rows / 2)
    expect(estimate).toBeLessThan(rows * 2)
  })
})
