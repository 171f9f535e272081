import { afterEach, describe, expect, it, vi } from 'vitest'
import { requireEnvironment, requireTokenSecret } from './environment.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('requireTokenSecret', () => {
  it.each([undefined, '', 'short'])('refuses %j: there is no default', (value) => {
    vi.stubEnv('FLAKEGUARD_TOKEN_SECRET', value)
    expect(() => requireTokenSecret()).toThrow('FLAKEGUARD_TOKEN_SECRET')
  })

  it('takes a secret of 32 bytes', () => {
    vi.stubEnv('FLAKEGUARD_TOKEN_SECRET', 'x'.repeat(32))
    expect(requireTokenSecret()).toBe('x'.repeat(32))
  })
})

describe('requireEnvironment', () => {
  it('names what is missing', () => {
    vi.stubEnv('DATABASE_URL', undefined)
    expect(() => requireEnvironment('DATABASE_URL')).toThrow('DATABASE_URL is not set.')
  })
})
