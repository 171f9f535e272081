import { testServer } from '@partywall/testing/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRaceDatabase } from './races/race-database.ts'
import type { RaceDatabase } from './races/race-database.ts'
import { runInProcesses } from './races/race-process.ts'
import { runAttacks } from './races/run-attacks.ts'
import { runRaces } from './races/run-races.ts'

let database: RaceDatabase

beforeAll(async () => {
  database = await createRaceDatabase(await testServer())
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

const seed = 20_260

describe('an organization that many write to at once', () => {
  it('keeps its owner, its seats, its ranks, its invitations, its keys and the order of its events', async () => {
    const options = { urls: database.urls, seed, from: 0, count: 600, processes: 2, lanes: 4 }
    const { examples, ...report } = await runInProcesses(options)
    expect(examples.join('\n')).toBe('')
    expect(report).toMatchObject({ interleavings: 600, violations: 0 })
    // Races in which hardly anything happened, or nobody was in the way of another, prove nothing.
    expect(report.transactions.committed).toBeGreaterThan(300)
    expect(Object.keys(report.refused)).toEqual(expect.arrayContaining(['PW002', 'PW003', 'PW005', 'PW031', '40001']))
  })
})

describe('what the application, the operator and the owner try alone', () => {
  it('is refused', async () => {
    expect(await runAttacks(database.urls)).toEqual([])
  })
})

describe('the races', () => {
  it.each([
    ['the last owner is not kept', 'alter table partywall.organizations disable trigger keep_member_counts'],
    ['events are not told', 'alter table partywall.memberships disable trigger tell_changed_members'],
  ])('are lost where %s', async (_, sabotage) => {
    await using broken = await database.clone(sabotage)
    const report = await runRaces({
      urls: broken.urls,
      seed,
      from: 1_000,
      count: 1_000,
      lanes: 4,
      stopAtViolation: true,
    })
    expect(report.violations).toBeGreaterThan(0)
    expect(report.examples[0]).toContain('session 0')
  })
})
