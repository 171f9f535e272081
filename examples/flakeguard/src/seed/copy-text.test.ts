import { describe, expect, it } from 'vitest'
import { formatCopyRow } from './copy-text.ts'

describe('formatCopyRow', () => {
  it.each([
    ['\\N', null],
    ['\\N', undefined],
    ['\\\\N', '\\N'],
    ['a\\tb\\nc\\r\\\\', 'a\tb\nc\r\\'],
    ['12', 12n],
    ['false', false],
    ['1970-01-01T00:00:00.000Z', new Date(0)],
    ['\\\\x00ff', Uint8Array.of(0, 255)],
    ['{"a \\\\"b\\\\"","c\\\\\\\\d","e,f"}', ['a "b"', 'c\\d', 'e,f']],
    ['{"0.5"}', [0.5]],
    ['{"a":"x\\\\ny"}', { a: 'x\ny' }],
  ])('writes %s', (text, value) => {
    expect(formatCopyRow({ value }, ['value'])).toBe(text)
  })

  it('writes the columns in the order asked for', () => {
    expect(formatCopyRow({ a: 1, b: 2 }, ['b', 'a'])).toBe('2\t1')
  })
})
