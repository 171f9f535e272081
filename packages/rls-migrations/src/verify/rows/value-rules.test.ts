import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternValue } from './pattern-value.ts'
import { ruledValue, rulesOf } from './value-rules.ts'

const drawing = (seed: number): ((limit: number) => number) => {
  let state = seed
  return (limit) => (state = (state * 1103515245 + 12345) % 2147483648) % limit
}

describe('patternValue', () => {
  it.each([
    '^[A-Z]{2}$',
    '^[a-z][a-z0-9_]{2,20}$',
    '^[^@ ]+@[^@ ]+$',
    String.raw`^\d{4}-\d{2}(-\d{2})?$`,
    '^(https?|ftp)://[a-z]+\\.(com|org)/?$',
    '^#[0-9a-fA-F]{6}$',
    '^[A-Z]{3}-[0-9]{4}$',
    '^(?:a|b)+c*$',
    '^[-a-z]+$',
  ])('writes texts that %s matches', (pattern) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(patternValue(pattern, drawing(seed))).toMatch(new RegExp(pattern))
      }),
    )
  })

  it('knows the classes of PostgreSQL', () => {
    expect(patternValue('^[[:upper:]]{3}[[:digit:]]$', drawing(1))).toMatch(/^[A-Z]{3}\d$/)
  })

  it.each([String.raw`^(?!x)`, String.raw`(a)\1`, '[[:odd:]]', '[a', '(a', String.raw`\mword`])(
    'gives %s up',
    (pattern) => {
      expect(patternValue(pattern, drawing(1))).toBeNull()
    },
  )
})

describe('rulesOf', () => {
  it('reads lists, patterns, bounds and lengths as the server prints them', () => {
    expect(rulesOf('kind', ["CHECK ((kind = ANY (ARRAY['x'::text, 'it''s'::text])))"]).choices).toEqual(['x', "it's"])
    expect(
      rulesOf('kind', [
        "CHECK (((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
      ]).choices,
    ).toEqual(['a', 'b'])
    expect(rulesOf('kind', ["CHECK (((kind = 'a'::text) OR (kind = 'b'::text)))"]).choices).toEqual(['a', 'b'])
    expect(rulesOf('c', ["CHECK ((VALUE ~ '^[A-Z]{2}$'::text))"]).patterns).toEqual(['^[A-Z]{2}$'])
    expect(rulesOf('n', ['CHECK (((n > 0) AND (n <= (100)::numeric)))'])).toMatchObject({ min: 1, max: 100 })
    expect(rulesOf('n', ["CHECK (((n >= '-90'::integer) AND (n < 90)))"])).toMatchObject({ min: -90, max: 89 })
    expect(rulesOf('l', ['CHECK (((length(l) >= 3) AND (char_length((l)::text) <= 30)))'])).toMatchObject({
      minLength: 3,
      maxLength: 30,
    })
    expect(rulesOf('Odd "name', ['CHECK (("Odd ""name" > 4))']).min).toBe(5)
  })

  it('reads nothing into what is about other columns', () => {
    const rules = rulesOf('low', ['CHECK ((high > 3))', "CHECK ((yellow = 'x'::text))", 'CHECK ((low < high))'])
    expect(rules).toEqual({ choices: [], patterns: [], min: null, max: null, minLength: null, maxLength: null })
  })
})

describe('ruledValue', () => {
  it('keeps to the rules', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const draw = drawing(seed)
        const number = Number(ruledValue(rulesOf('n', ['CHECK (((n >= 10) AND (n <= 12)))']), true, draw))
        expect(number).toBeGreaterThanOrEqual(10)
        expect(number).toBeLessThanOrEqual(12)
        expect(ruledValue(rulesOf('l', ['CHECK ((length(l) = 5))']), false, draw)).toMatch(/^[a-z]{5}$/)
      }),
    )
    expect(ruledValue(undefined, true, drawing(1))).toBeNull()
  })
})
