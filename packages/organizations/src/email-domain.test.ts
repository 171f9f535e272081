import { describe, expect, it } from 'vitest'
import { domainOf, normalizeDomain, ownDomainSchema } from './email-domain.ts'

describe('normalizeDomain', () => {
  it.each([
    ['Example.COM', 'example.com'],
    [' example.com. ', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['ｅｘａｍｐｌｅ.com', 'example.com'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['a.b.c.example.co.uk', 'a.b.c.example.co.uk'],
  ])('makes of %j the domain %s', (text, domain) => {
    expect(normalizeDomain(text)).toBe(domain)
  })

  it.each([
    '',
    'localhost',
    'example',
    '127.0.0.1',
    '0x7f.1',
    '[::1]',
    'example..com',
    '.example.com',
    '-a.example',
    'a_b.example',
    'a b.example',
    'a@b.example',
    'example.com/x',
    'example.com:53',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(130)}example`,
    'nul\0.example',
  ])('makes no domain of %j', (text) => {
    expect(normalizeDomain(text)).toBeUndefined()
  })
})

it.each(['gmail.com', 'GMAIL.com.', 'outlook.com', 'qq.com', 'proton.me', 'web.de', 'yahoo.co.jp'])(
  'takes %s for nobody’s own',
  (domain) => {
    expect(ownDomainSchema.safeParse(domain).success).toBe(false)
  },
)

it('takes what follows the last @ for the domain of an address', () => {
  expect(domainOf('"a@evil.example"@ACME.example')).toBe('acme.example')
  expect(domainOf('bob@acme.example@evil.example')).toBe('evil.example')
})
