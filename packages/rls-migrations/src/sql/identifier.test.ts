import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { objectName, quoteIdentifier, quoteLiteral } from './identifier.ts'

describe('objectName', () => {
  it('fits into 63 bytes, whatever the parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 1, maxLength: 5 }), (parts) => {
        expect(Buffer.byteLength(objectName(...parts))).toBeLessThanOrEqual(63)
      }),
    )
  })

  it('keeps names apart that differ only beyond the cut', () => {
    const long = 'a'.repeat(70)
    expect(objectName(`${long}1`)).not.toBe(objectName(`${long}2`))
  })

  it('leaves short names as they are', () => {
    expect(objectName('album', 'id', 'tenant_key')).toBe('album_id_tenant_key')
  })
})

describe('quoteIdentifier', () => {
  it('doubles quotes', () => {
    expect(quoteIdentifier('a"b')).toBe('"a""b"')
  })

  it.each(['', 'a\0b'])('refuses %j with IDENTIFIER_INVALID', (name) => {
    expect(() => quoteIdentifier(name)).toThrowError(expect.objectContaining({ code: 'IDENTIFIER_INVALID' }))
  })
})

describe('quoteLiteral', () => {
  it('doubles quotes, and marks what holds a backslash as an escape string', () => {
    expect(quoteLiteral("it's")).toBe("'it''s'")
    expect(quoteLiteral(String.raw`a\'b`)).toBe(String.raw` E'a\\''b'`)
  })
})
