import { describe, expect, it } from 'vitest'
import { naiveTarget } from './soak/naive-target.ts'
import { soakFor } from './soak/soak-fixture.ts'

const nothingWrong = { foreignRows: 0, unscopedRows: 0, missingRows: 0, lostConnections: 0, ok: true }

describe('the tenant pool under errors, cancels and lost sessions', () => {
  it.each([
    ['lending its connections', {}],
    ['pipelining single statements', { pipeline: { connections: 2 } }],
  ])('shows no foreign row, loses no connection and serves afterwards, %s', async (_, tenancy) => {
    const report = await soakFor(5_000, { tenancy })
    expect(report.unexpected).toEqual({})
    expect(report).toMatchObject(nothingWrong)
    // A soak in which hardly anything ran proves nothing.
    expect(report.readings).toBeGreaterThan(500)
    for (const [name, { done, failed }] of Object.entries(report.work))
      expect([name, done + failed]).not.toEqual([name, 0])
    expect(Object.keys(report.codes)).toEqual(
      expect.arrayContaining(['57014', '22012', 'TENANT_REQUIRED', 'SCOPE_ABORTED']),
    )
  })
})

describe('a pool that sets the tenant for the session', () => {
  it('is found out', async () => {
    const report = await soakFor(1_000, {
      target: naiveTarget,
      only: ['own row', 'every row', 'no tenant', 'bootstrap'],
    })
    expect(report.ok).toBe(false)
    expect(report.unscopedRows).toBeGreaterThan(0)
  })
})
