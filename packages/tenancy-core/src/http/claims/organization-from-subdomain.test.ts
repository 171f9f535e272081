import { describe, expect, it } from 'vitest'
import { outcome, requestOf } from './claim-request.fixture.ts'
import { organizationFromSubdomain } from './organization-from-subdomain.ts'

const read = organizationFromSubdomain({ domain: 'Flaky.Test', neutral: ['flaky.test', 'api.flaky.test'] })

const longest = 'a'.repeat(63)

describe('organizationFromSubdomain', () => {
  it.each([
    ['acme.flaky.test', 'acme'],
    ['ACME.Flaky.TEST', 'acme'],
    ['acme.flaky.test:8443', 'acme'],
    ['acme.flaky.test.', 'acme'],
    ['acme.flaky.test.:443', 'acme'],
    [`${longest}.flaky.test`, longest],
    ['flaky.test', undefined],
    ['api.flaky.test:80', undefined],
    ['API.flaky.test.', undefined],
    ['', 'CLAIM_INVALID'],
    ['evil.example', 'CLAIM_INVALID'],
    ['acme.evil.example', 'CLAIM_INVALID'],
    ['acmeflaky.test', 'CLAIM_INVALID'],
    ['acme.flaky.test.evil.example', 'CLAIM_INVALID'],
    ['globex.acme.flaky.test', 'CLAIM_INVALID'],
    ['.flaky.test', 'CLAIM_INVALID'],
    ['acme..flaky.test', 'CLAIM_INVALID'],
    ['acme.flaky.test..', 'CLAIM_INVALID'],
    ['-acme.flaky.test', 'CLAIM_INVALID'],
    ['acme.flaky.test:', 'CLAIM_INVALID'],
    ['acme.flaky.test:80:80', 'CLAIM_INVALID'],
    ['acme.flaky.test:999999', 'CLAIM_INVALID'],
    ['acme.flaky.test, globex.flaky.test', 'CLAIM_INVALID'],
    ['user@acme.flaky.test', 'CLAIM_INVALID'],
    ['acme.flaky.test/globex', 'CLAIM_INVALID'],
    ['acme.flaky.test#.flaky.test', 'CLAIM_INVALID'],
    ['acme%2eflaky.test', 'CLAIM_INVALID'],
    [' acme.flaky.test', 'CLAIM_INVALID'],
    ['acme_1.flaky.test', 'CLAIM_INVALID'],
    // U+212A, which lower case turns into a k: a host of ASCII it is not.
    ['acme.fla\u212Ay.test', 'CLAIM_INVALID'],
    ['127.0.0.1', 'CLAIM_INVALID'],
    ['[::1]:80', 'CLAIM_INVALID'],
    [`${longest}a.flaky.test`, 'CLAIM_INVALID'],
    [`${`${longest}.`.repeat(4)}flaky.test`, 'CLAIM_INVALID'],
  ])('reads %s', async (host, expected) => {
    expect(await outcome(() => read(requestOf([['Host', host]])))).toBe(expected)
  })

  it('refuses two hosts, in two headers or in the target', async () => {
    const acme = ['Host', 'acme.flaky.test'] as const
    expect(await outcome(() => read(requestOf([acme, ['Host', 'globex.flaky.test']])))).toBe('CLAIM_AMBIGUOUS')
    expect(await outcome(() => read(requestOf([acme], { url: 'http://globex.flaky.test/' })))).toBe('CLAIM_AMBIGUOUS')
    expect(await outcome(() => read(requestOf([acme], { url: 'http://acme.flaky.test/' })))).toBe('acme')
    expect(await outcome(() => read(requestOf([acme, [':authority', 'globex.flaky.test']])))).toBe('CLAIM_AMBIGUOUS')
  })

  it('looks at no forwarded host', async () => {
    const forwarded = requestOf([
      ['Host', 'acme.flaky.test'],
      ['X-Forwarded-Host', 'globex.flaky.test'],
      ['Forwarded', 'host=globex.flaky.test'],
    ])
    expect(await outcome(() => read(forwarded))).toBe('acme')
  })

  it.each(['', 'flaky test', 'flaky.test/'])('is not made for the domain "%s"', (domain) => {
    const refused = expect.objectContaining({ code: 'CONFIGURATION_INVALID' })
    expect(() => organizationFromSubdomain({ domain })).toThrow(refused)
  })
})
