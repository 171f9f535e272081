import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { TenantDatabase } from './tenant-database.fixture.ts'
import type { Tenancy } from './tenancy.ts'

const foreignSql = 'select org_id, name from repositories order by name'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(40)
  tenancy = database.open()
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

function organizationsOf(rows: readonly Record<string, unknown>[]): unknown[] {
  return [...new Set(rows.map((row) => row['org_id']))]
}

describe('tenancy.pool', () => {
  it('answers a statement with the rows of the organization in scope', async () => {
    for (const organizationId of [first, second]) {
      const { rows } = await tenancy.run({ organizationId }, () => tenancy.pool.query(foreignSql))
      expect(rows).toHaveLength(5)
      expect(organizationsOf(rows)).toEqual([organizationId])
    }
  })

  it('never answers 64 concurrent callers of 40 organizations with a foreign row', async () => {
    const crossings: unknown[] = []
    let answered = 0
    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        const organizationId = database.organizations[(seed * 7 + turn) % 40] as string
        await tenancy.run({ organizationId }, async () => {
          const values = [`repository ${(turn % 5) + 1}`]
          const { rows } = await tenancy.pool.query('select org_id from repositories where name = $1', values)
          answered += rows.length
          if (rows.length !== 1 || rows[0].org_id !== organizationId) crossings.push({ organizationId, rows })
        })
      }
    }
    await Promise.all(Array.from({ length: 64 }, (_, seed) => caller(seed)))
    expect(crossings).toEqual([])
    expect(answered).toBe(64 * 40)
  })
})
