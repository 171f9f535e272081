import { describe, expect, it } from 'vitest'
import { crashEverywhere } from '../crash-everywhere.ts'
import { createOwnedDatabase, samples } from '../owned-database.ts'

describe.each(['flakeguard', 'torture'] as const)(
  'a conversion of %s that dies after every single statement',
  (name) => {
    it('is taken up to the same end, and so is its rollback', async () => {
      await using database = await createOwnedDatabase(samples[name])
      const crashes = await crashEverywhere(database, { config: samples[name].config, every: 1 })
      expect(crashes.apply).toBeGreaterThan(400)
      expect(crashes.rollback).toBeGreaterThan(100)
    })
  },
)
