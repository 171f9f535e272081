import { describe, expect, it } from 'vitest'
import { drawApiKey, isApiKeyText } from './api-key-text.ts'
import { normalizeEmail } from './email-address.ts'
import { narrowPermissions } from './narrow-permissions.ts'
import { randomText } from './token.ts'

describe('randomText', () => {
  it('draws every letter and digit about as often', () => {
    const counts = new Map<string, number>()
    for (const letter of randomText(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(62)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250)
  })
})

describe('the text of an API key', () => {
  it('has a checksum, which any other letter breaks', () => {
    const { text } = drawApiKey()
    expect(isApiKeyText(text)).toBe(true)
    for (let place = 0; place < text.length; place += 1) {
      const other = text.charAt(place) === 'a' ? 'b' : 'a'
      expect(isApiKeyText(text.slice(0, place) + other + text.slice(place + 1))).toBe(false)
    }
  })
})

describe('normalizeEmail', () => {
  it.each([
    [' Bob@Example.COM ', 'bob@example.com'],
    ['bob+flake@example.com', 'bob+flake@example.com'],
    ['b.o.b@gmail.com', 'b.o.b@gmail.com'],
    ['JOSE\u0301@example.com', 'jos\u00e9@example.com'],
  ])('makes %j into %j', (given, normal) => {
    expect(normalizeEmail(given)).toBe(normal)
  })
})

describe('narrowPermissions', () => {
  const names = ['a', 'b', '*']
  const rules = names.flatMap((resource) => names.map((action) => `${resource}:${action}`))
  const matches = (rule: string, permission: string): boolean =>
    rule
      .replace('!', '')
      .split(':')
      .every((part, at) => part === '*' || part === permission.split(':')[at])
  const permits = (list: readonly string[], permission: string): boolean =>
    list.findLast((rule) => matches(rule, permission))?.startsWith('!') === false

  it('includes what the role includes and a rule of the key matches, and nothing else', () => {
    const signed = [...rules, ...rules.map((rule) => `!${rule}`)]
    for (const first of signed) {
      for (const second of signed) {
        for (const key of rules.flatMap((one) => rules.map((other) => [one, other]))) {
          for (const permission of ['a:a', 'a:b', 'b:a', 'b:b', 'c:c']) {
            const role = ['*:*', first, second]
            const both = permits(role, permission) && key.some((rule) => matches(rule, permission))
            if (permits(narrowPermissions(role, key), permission) !== both) {
              expect.unreachable(`${role.join(' ')} and ${key.join(' ')} for ${permission}`)
            }
          }
        }
      }
    }
  })
})
