import { describe, expect, it } from 'vitest'
import { claimFromTrustedProxy } from './claim-from-trusted-proxy.ts'
import { outcome, requestOf } from './claim-request.fixture.ts'

const proxies = ['10.1.2.0/24', '192.0.2.7', 'fd00:1::/32']
const read = claimFromTrustedProxy({ proxies, user: 'X-Auth-User', organization: 'X-Auth-Organization' })

const headers = [
  ['X-Auth-User', 'ada'],
  ['X-Auth-Organization', 'acme'],
] as const
const claim = { userId: 'ada', organization: 'acme' }

describe('claimFromTrustedProxy', () => {
  it.each([
    ['10.1.2.3', claim],
    ['192.0.2.7', claim],
    ['fd00:1:2::9', claim],
    ['::ffff:10.1.2.3', claim],
    ['::FFFF:10.1.2.3', claim],
    ['fd00:1::1%eth0', claim],
    ['10.1.3.3', 'CLAIM_UNTRUSTED'],
    ['192.0.2.8', 'CLAIM_UNTRUSTED'],
    ['::ffff:10.1.3.3', 'CLAIM_UNTRUSTED'],
    ['::10.1.2.3', 'CLAIM_UNTRUSTED'],
    ['64:ff9b::10.1.2.3', 'CLAIM_UNTRUSTED'],
    ['fd00:2::1', 'CLAIM_UNTRUSTED'],
    ['::1', 'CLAIM_UNTRUSTED'],
    ['127.0.0.1', 'CLAIM_UNTRUSTED'],
    ['', 'CLAIM_UNTRUSTED'],
    ['10.1.2.3, 8.8.8.8', 'CLAIM_UNTRUSTED'],
    // A Unix socket has no address.
    [undefined, 'CLAIM_UNTRUSTED'],
  ])('from %s', async (from, expected) => {
    expect(await outcome(() => read(requestOf(headers, { from })))).toEqual(expected)
  })

  it('looks at no forwarded address', async () => {
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'CF-Connecting-IP', 'True-Client-IP', 'X-Client-IP']) {
      const spoofed = requestOf([...headers, [name, '10.1.2.3'], ['Forwarded', 'for=10.1.2.3']], { from: '8.8.8.8' })
      expect(await outcome(() => read(spoofed))).toBe('CLAIM_UNTRUSTED')
    }
  })

  it('refuses what was added to what the client sent', async () => {
    for (const extra of headers) {
      const doubled = requestOf([...headers, [extra[0].toUpperCase(), 'eve']], { from: '10.1.2.3' })
      expect(await outcome(() => read(doubled))).toBe('CLAIM_AMBIGUOUS')
    }
  })

  it('passes on a request without the user, and gives one with an empty user to nobody else', async () => {
    expect(await read(requestOf([['X-Auth-Organization', 'acme']], { from: '8.8.8.8' }))).toBeUndefined()
    expect(await read(requestOf([['X-Auth-User', '']], { from: '10.1.2.3' }))).toEqual({ userId: '' })
  })

  it.each([
    ['none', []],
    ['everybody', ['0.0.0.0/0']],
    ['everybody of IPv6', ['::/0']],
    ['a name', ['localhost']],
    ['too many bits', ['10.0.0.0/33']],
    ['bits that are none', ['10.0.0.0/']],
    ['bits in another form', ['10.0.0.0/0x8']],
    ['two networks in one', ['10.0.0.0/8/8']],
    ['an address of IPv4 as one of IPv6', ['::ffff:10.0.0.0/104']],
    ['a zone', ['fe80::1%eth0']],
  ])('is not made for %s', (_, list) => {
    const refused = expect.objectContaining({ code: 'CONFIGURATION_INVALID' })
    expect(() => claimFromTrustedProxy({ proxies: list, user: 'x-auth-user' })).toThrow(refused)
  })
})
