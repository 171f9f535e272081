import { describe, expect, it } from 'vitest'
import { jsonProblems } from './json.ts'
import type { Json } from './json.ts'
import { mergePatch } from './merge-patch.ts'

describe('mergePatch', () => {
  // The table of appendix A of RFC 7396.
  it.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('makes of %j and %j the document %j', (target, patch, result) => {
    const before = structuredClone(target)
    expect(mergePatch(target, patch)).toEqual(result)
    expect(target).toEqual(before)
  })

  it('takes no member from a prototype for one of the document', () => {
    expect(mergePatch({}, { toString: { a: 1 } })).toEqual({ toString: { a: 1 } })
  })
})

describe('jsonProblems', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })

  it.each<[string, unknown]>([
    ['what JSON says', { a: [1, -0.5, 'x', true, null, { b: {} }], ü: '🧱' }],
    ['32 levels', deep(32)],
    ['members that are undefined', { a: undefined }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ])('lets %s pass', (_, value) => {
    expect(jsonProblems(value)).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['NaN', { a: Number.NaN }, 'a: Expected a finite number'],
    ['an infinity', { a: [Number.NEGATIVE_INFINITY] }, 'a.0: Expected a finite number'],
    ['NUL in a text', { a: 'x\0' }, 'a: Expected no NUL'],
    ['NUL in a key', { a: { 'x\0': 1 } }, 'a: Expected no NUL'],
    ['half a character', { a: '\uD83E' }, 'a: Expected Unicode without lone surrogates'],
    ['__proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), 'a: Expected no member of the name __proto__'],
    ['constructor', { constructor: { prototype: {} } }, 'input: Expected no member of the name constructor'],
    ['33 levels', deep(33), `${Array.from({ length: 33 }, () => 'a').join('.')}: Expected at most 32 levels`],
    ['a cycle', cycle, `${Array.from({ length: 33 }, () => 'self').join('.')}: Expected at most 32 levels`],
    ['a bigint', { a: 1n }, 'a: Expected JSON, and no bigint'],
    ['a function', { toJSON: () => ({}) }, 'toJSON: Expected JSON, and no function'],
    ['undefined in an array', { a: [undefined] }, 'a.0: Expected JSON, and no undefined'],
    ['a time', { a: new Date(0) }, 'a: Expected a plain object'],
    ['a map', { a: new Map() }, 'a: Expected a plain object'],
    ['a symbol', { a: { [Symbol('x')]: 1 } }, 'a: Expected no symbols'],
    ['more than 65,536 values', { a: Array.from({ length: 65_536 }, () => 1) }, 'input: Expected fewer values'],
  ])('refuses %s', (_, value, problem) => {
    const found = jsonProblems(value).map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`)
    expect(found).toEqual([problem])
  })
})
