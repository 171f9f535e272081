import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCursors } from './cursor.ts'
import type { CursorBinding } from './cursor.ts'

const key = 'k'.repeat(32)
const binding: CursorBinding = { owner: 'a', route: 'GET /things', filter: { kind: 'x', size: 1 }, sort: 'id' }
const invalid = expect.objectContaining({ code: 'CURSOR_INVALID' }) as Error

describe('createCursors', () => {
  it('reads what it wrote, on every node with the key', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (position) => {
        const cursor = createCursors(key).write(position, binding)
        const { size, kind } = binding.filter as { size: number; kind: string }
        const read = createCursors(key).read(cursor, { ...binding, filter: { size, kind } })
        expect(JSON.stringify(read)).toBe(JSON.stringify(position))
      }),
    )
  })

  it('refuses what it did not write', () => {
    const cursors = createCursors(key)
    const cursor = cursors.write(['ada', 7], binding)
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.nat(cursor.length - 1)), (change) => {
        const given =
          typeof change === 'number'
            ? cursor.slice(0, change) + (cursor[change] === 'x' ? 'y' : 'x') + cursor.slice(change + 1)
            : change
        expect(() => cursors.read(given, binding)).toThrow(invalid)
      }),
    )
  })

  it.each([
    { owner: 'b' },
    { route: 'GET /other' },
    { filter: {} },
    { filter: { kind: 'x', size: '1' } },
    { sort: 'name' },
  ] as const)('refuses a cursor elsewhere: %j', (other) => {
    const cursors = createCursors(key)
    const cursor = cursors.write(['ada'], binding)
    expect(() => cursors.read(cursor, { ...binding, ...other })).toThrow(invalid)
    expect(() => createCursors('other'.repeat(8)).read(cursor, binding)).toThrow(invalid)
    expect(() => createCursors(undefined).read(createCursors(undefined).write(1, binding), binding)).toThrow(invalid)
  })

  it('refuses a key that could be guessed', () => {
    expect(() => createCursors('short')).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })
})
