import { describe, expect, it } from 'vitest'
import { crashEverywhere } from '../test/crash-everywhere.ts'
import { createOwnedDatabase, samples } from '../test/owned-database.ts'

/** Every how many statements a run is killed; `pnpm test:full` kills after each single one. */
const EVERY = 40

describe.each(['flakeguard', 'torture'] as const)('a conversion of %s that dies after a statement', (name) => {
  it('is taken up to the same end, and so is its rollback', async () => {
    await using database = await createOwnedDatabase(samples[name])
    const crashes = await crashEverywhere(database, { config: samples[name].config, every: EVERY })
    expect(crashes.apply).toBeGreaterThan(10)
    expect(crashes.rollback).toBeGreaterThan(5)
  })
})
