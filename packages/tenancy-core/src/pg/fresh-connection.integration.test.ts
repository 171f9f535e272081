import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

let database: TenantDatabase
let tenancy: Tenancy
let organizationId: string

beforeEach(async () => {
  database = await createTenantDatabase(1)
  organizationId = database.organizations[0] ?? ''
  tenancy = database.open({ pool: { max: 2 } })
})

afterEach(async () => {
  await database[Symbol.asyncDispose]()
})

/** Runs `work` while the only other connection is held, whose login was looked at. */
async function besideAnother(work: () => Promise<unknown>): Promise<void> {
  const { pool } = tenancy
  const held = await tenancy.run({ organizationId }, () => pool.connect())
  await work()
  held.release()
  await expect.poll(() => [pool.totalCount, pool.idleCount]).toEqual([2, 2])
}

describe('a connection that was just made', () => {
  it('goes back when its holder has nothing to send', async () => {
    await besideAnother(async () => {
      await new Promise<void>((resolve, reject) => {
        tenancy.run({ organizationId }, () =>
          tenancy.pool.connect((error, _client, release) => {
            release()
            if (error) reject(error)
            else resolve()
          }),
        )
      })
    })
  })

  it('goes back when the scope that waited for it was aborted', async () => {
    await besideAnother(async () => {
      const abort = new AbortController()
      const query = tenancy.run({ organizationId, signal: abort.signal }, () => tenancy.pool.query('select 1'))
      abort.abort()
      await expect(query).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
    })
  })
})
