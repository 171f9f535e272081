import { createContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { describe, expect, it } from 'vitest'
import { createTenancy } from '../src/index.ts'

const hammerMs = 3_000

describe('a connection whose statements are cancelled', () => {
  it('serves again, wherever in the conversation the cancel arrived', async () => {
    await using database = await createContractDatabase(await testServer())
    const { id: organizationId } = await database.createOrganization()
    const tenancy = createTenancy({ pool: { connectionString: database.appUrl, max: 1 } })
    const [{ pid } = { pid: 0 }] = (await tenancy.run({ organizationId }, () =>
      tenancy.pool.query('select pg_backend_pid() as pid').then(({ rows }) => rows),
    )) as { pid: number }[]
    const seen = new Map<string | undefined, number>()
    const startedAt = performance.now()
    const cancels = async (): Promise<void> => {
      while (performance.now() - startedAt < hammerMs) await database.admin('select pg_cancel_backend($1)', [pid])
    }
    const reads = async (): Promise<void> => {
      while (performance.now() - startedAt < hammerMs) {
        const code = await tenancy
          .run({ organizationId }, () => tenancy.pool.query('select count(*) from repositories'))
          .then(
            () => 'served',
            (error: { code?: string }) => error.code,
          )
        seen.set(code, (seen.get(code) ?? 0) + 1)
      }
    }
    await Promise.all([cancels(), reads()])
    expect(new Set(seen.keys())).toEqual(new Set(['57014', 'served']))
    await tenancy.close()
  })
})
