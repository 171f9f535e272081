import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ColumnType } from './column-type.ts'
import { plainValue } from './plain-value.ts'
import { distinctValue, reshape, type Draw } from './value-maker.ts'

const type = (base: string, more: Partial<ColumnType> = {}): ColumnType => ({
  written: base,
  base,
  labels: [],
  element: null,
  range: false,
  notNull: false,
  ...more,
})

/** Draws from a list of fractions, over and over. */
function drawFrom(fractions: readonly number[]): Draw {
  let at = 0
  return (limit) => Math.floor((fractions[at++ % fractions.length] as number) * limit)
}

const draws = fc
  .array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map(drawFrom)

describe('distinctValue', () => {
  it('keeps to the length of a character type', () => {
    fc.assert(
      fc.property(
        draws,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('word', 'email', 'url'),
        (draw, length, style) => {
          for (const base of [`character varying(${length})`, `character(${length})`]) {
            const value = distinctValue(type(base), draw, { style }) ?? ''
            expect(value.length).toBeGreaterThan(0)
            expect(value.length).toBeLessThanOrEqual(length)
          }
        },
      ),
    )
  })

  it('keeps to the precision and scale of a numeric', () => {
    fc.assert(
      fc.property(draws, fc.integer({ min: 1, max: 20 }), fc.nat(), (draw, precision, rest) => {
        const scale = rest % (precision + 1)
        const [whole = '', fraction = ''] = (distinctValue(type(`numeric(${precision},${scale})`), draw) ?? '').split(
          '.',
        )
        expect(whole === '0' ? 0 : whole.length).toBeLessThanOrEqual(precision - scale)
        expect(fraction.length).toBeLessThanOrEqual(scale)
      }),
    )
  })

  it('stays inside of the range of a whole number, and above nothing', () => {
    const largest = { smallint: 32_767n, integer: 2_147_483_647n, bigint: 9_223_372_036_854_775_807n }
    fc.assert(
      fc.property(draws, fc.constantFrom('smallint', 'integer', 'bigint'), (draw, base) => {
        const value = BigInt(distinctValue(type(base), draw) ?? '')
        expect(value > 0n && value <= largest[base]).toBe(true)
      }),
    )
  })

  it('fills a bit string exactly, and takes a label of an enum', () => {
    const draw = drawFrom([0.1, 0.9])
    expect(distinctValue(type('bit(7)'), draw)).toMatch(/^[01]{7}$/)
    expect(distinctValue(type('public."Mood"', { labels: ['calm', 'wild'] }), draw)).toMatch(/^(calm|wild)$/)
  })

  it('makes an array of one element, since empty ones would be the same', () => {
    const draw = drawFrom([0.3])
    expect(distinctValue(type('integer[]', { element: 'integer' }), draw)).toMatch(/^\{"\d+"\}$/)
    expect(distinctValue(type('public."Mood"[]', { element: 'public."Mood"', labels: ['calm'] }), draw)).toBe(
      '{"calm"}',
    )
  })

  it('follows the shape of a live value', () => {
    expect(distinctValue(type('text'), drawFrom([0.5]), { example: 'ABC-1234' })).toMatch(/^[A-Z]{3}-[0-9]{4}$/)
  })

  it('leaves an unknown type without a value', () => {
    expect(distinctValue(type('public.geometry'), drawFrom([0.5]))).toBeNull()
  })
})

describe('reshape', () => {
  it('changes letters to letters, digits to digits and nothing else', () => {
    const shape = (text: string): string =>
      text.replaceAll(/[a-z]/g, 'a').replaceAll(/[A-Z]/g, 'A').replaceAll(/\d/g, '9')
    fc.assert(
      fc.property(fc.string(), draws, (text, draw) => {
        expect(shape(reshape(text, draw))).toBe(shape(text))
      }),
    )
  })

  it('keeps hexadecimal text hexadecimal', () => {
    const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
    fc.assert(
      fc.property(fc.uuid(), draws, (text, draw) => {
        expect(reshape(text, draw)).toMatch(isUuid)
      }),
    )
  })
})

describe('plainValue', () => {
  it('knows a value for every type that it names, the same every time', () => {
    for (const base of [
      'integer',
      'text',
      'bit(3)',
      'jsonb',
      'inet',
      'public.vector(3)',
      'timestamp(3) without time zone',
    ]) {
      expect(plainValue(type(base))).not.toBeNull()
      expect(plainValue(type(base))).toBe(plainValue(type(base)))
    }
    expect(plainValue(type('public.vector(3)'))).toBe('[0,0,0]')
  })
})
