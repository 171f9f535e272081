import { describe, expect, it } from 'vitest'
import { requestedMajor } from './requested-major.ts'

describe('requestedMajor', () => {
  it('reads a major version, or none', () => {
    expect(['13', '18', '', undefined].map(requestedMajor)).toEqual([13, 18, undefined, undefined])
  })

  it('refuses what is no supported version', () => {
    expect(() => requestedMajor('12')).toThrow(
      expect.objectContaining({ code: 'POSTGRES_UNAVAILABLE', details: { value: '12' } }),
    )
  })
})
