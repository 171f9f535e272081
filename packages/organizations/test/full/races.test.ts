import { testServer } from '@partywall/testing/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allGuards, playGuard } from '../races/kill-matrix.ts'
import { createRaceDatabase } from '../races/race-database.ts'
import type { RaceDatabase } from '../races/race-database.ts'

let database: RaceDatabase

beforeAll(async () => {
  database = await createRaceDatabase(await testServer())
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

describe('without a guard of the control plane', () => {
  it.each(allGuards())('something turns red: $name', async (guard) => {
    const { by } = await playGuard(database, guard, { seed: 1, interleavings: 6_000 })
    expect(by).not.toBe('')
  })
})
