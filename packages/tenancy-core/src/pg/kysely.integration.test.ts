import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

interface Schema {
  readonly repositories: { readonly org_id: string; readonly name: string }
}

let database: TenantDatabase
let tenancy: Tenancy
let kysely: Kysely<Schema>

beforeAll(async () => {
  database = await createTenantDatabase(10)
  tenancy = database.open()
  kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: tenancy.pool }) })
})

afterAll(async () => {
  await kysely.destroy()
  await database[Symbol.asyncDispose]()
})

describe('Kysely on the pool', () => {
  it('runs every query for the tenant in scope, inside transactions and out', async () => {
    const callers = Array.from({ length: 60 }, (_, turn) => database.organizations[turn % 10] as string)
    const seen = await Promise.all(
      callers.map((organizationId) =>
        tenancy.run({ organizationId }, async () => {
          const single = await kysely.selectFrom('repositories').select('org_id').distinct().execute()
          const inside = await kysely
            .transaction()
            .setIsolationLevel('repeatable read')
            .execute(async (trx) => await trx.selectFrom('repositories').select('org_id').distinct().execute())
          return [...single, ...inside]
        }),
      ),
    )
    expect(seen).toEqual(callers.map((organizationId) => [{ org_id: organizationId }, { org_id: organizationId }]))
  })

  it('refuses a transaction of one tenant in the scope of another', async () => {
    const [first, second] = database.organizations as [string, string]
    const misuse = tenancy.run({ organizationId: first }, () =>
      kysely
        .transaction()
        .execute((trx) =>
          tenancy.run({ organizationId: second }, () => trx.selectFrom('repositories').selectAll().execute()),
        ),
    )
    await expect(misuse).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
  })
})
