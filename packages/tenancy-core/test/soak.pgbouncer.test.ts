import { startPgBouncer } from '@partywall/testing/pgbouncer'
import { testServer } from '@partywall/testing/vitest'
import { describe, expect, it } from 'vitest'
import { soakFor } from './soak/soak-fixture.ts'

describe('the tenant pool through PgBouncer, under errors, cancels and lost sessions', () => {
  it('shows no foreign row, loses no connection and serves afterwards', async () => {
    await using bouncer = await startPgBouncer({ adminUrl: (await testServer()).url(), poolSize: 8, install: true })
    const report = await soakFor(5_000, { through: bouncer.through })
    expect(report.unexpected).toEqual({})
    expect(report).toMatchObject({ ok: true, foreignRows: 0, unscopedRows: 0, missingRows: 0, lostConnections: 0 })
    expect(report.readings).toBeGreaterThan(300)
  })
})
