import { describe, expect, it } from 'vitest'
import { createFlakeGuardDatabase, query } from '../../test/create-flakeguard-database.ts'
import { seed } from './seed.ts'

const digest = `select md5(string_agg(r::text, e'\\n' order by r."id")) as "digest", count(*)::integer as "count" from "TestResult" r`

describe('seed', () => {
  it('loads 50,000 results in less than ten seconds', async () => {
    await using database = await createFlakeGuardDatabase()
    const { rows, durationMs } = await seed(database.url)
    expect(rows['TestResult']).toBe(50_000)
    expect(durationMs).toBeLessThan(10_000)
    expect(await query(database.url, 'select count(*)::integer as "count" from "TestResult"')).toEqual([
      { count: 50_000 },
    ])
  })

  it('loads the same rows into two databases', async () => {
    await using one = await createFlakeGuardDatabase()
    await using other = await createFlakeGuardDatabase()
    await seed(one.url, { scale: 0.05, seed: 3 })
    await seed(other.url, { scale: 0.05, seed: 3 })
    const expected = await query(one.url, digest)
    expect(await query(other.url, digest)).toEqual(expected)
    expect(expected).toMatchObject([{ count: 2_500 }])
  })

  it('leaves an empty database when a row is refused', async () => {
    await using database = await createFlakeGuardDatabase()
    await query(database.url, `alter table "Notification" add constraint "no_notifications" check (false)`)
    await expect(seed(database.url, { scale: 0.1 })).rejects.toThrow('no_notifications')
    expect(await query(database.url, 'select count(*)::integer as "count" from "User"')).toEqual([{ count: 0 }])
  })

  it('keeps what COPY could mangle: quotes, backslashes, tabs, line ends', async () => {
    await using database = await createFlakeGuardDatabase()
    await seed(database.url, { scale: 0.1 })
    const rows = await query<{ failureMessage: string }>(
      database.url,
      `select distinct "failureMessage" from "TestResult" where "failureMessage" like '%"a"%' limit 1`,
    )
    expect(rows[0]?.failureMessage).toContain('[ "b", "a" ]')
  })
})
