import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { exportSPKI, importJWK, type CryptoKey } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { openTokenKeys } from './open-token-keys.ts'
import { createTokenIssuer, type TokenIssuer } from './token-issuer.ts'
import { createTokenVerifier, type VerifyToken } from './verify-token.ts'

const names = { issuer: 'https://id.example', audience: 'api' }
let issuer: TokenIssuer
let verify: VerifyToken

beforeEach(async () => {
  issuer = await createTokenIssuer(names)
  verify = createTokenVerifier({ keys: issuer.findKey, ...names })
})

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = { sub: 'ada', iss: names.issuer, aud: names.audience, exp: 4_000_000_000 }

describe('createTokenVerifier', () => {
  it('gives the user of a token', async () => {
    expect(await verify(await issuer.issue('ada'))).toBe('ada')
  })

  it('takes tokens of both keys while they rotate, and none of a key that was withdrawn', async () => {
    const old = await issuer.issue('ada')
    await issuer.rotate()
    expect([await verify(old), await verify(await issuer.issue('bob'))]).toEqual(['ada', 'bob'])
    issuer.retire()
    expect([await verify(old), await verify(await issuer.issue('bob'))]).toEqual([undefined, 'bob'])
  })

  it('refuses a token of another issuer, for another service, that has expired, or of nobody', async () => {
    for (const other of [
      { ...names, issuer: 'https://evil.example' },
      { ...names, audience: 'billing' },
    ]) {
      const forger = await createTokenIssuer({ ...other, keys: issuer.keys })
      expect(await verify(await forger.issue('ada'))).toBeUndefined()
    }
    expect(await verify(await issuer.issue('ada', { expiresIn: '-1s' }))).toBeUndefined()
    expect(await verify(await issuer.issue(''))).toBeUndefined()
  })

  it('refuses a token without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', ''])
      expect(await verify(`${encode({ alg })}.${encode(claims)}.`), alg).toBeUndefined()
  })

  it('refuses a token signed with the public key as if it were a secret', async () => {
    const key = issuer.keySet.keys[0] ?? {}
    const secret = await exportSPKI((await importJWK(key)) as CryptoKey)
    const head = `${encode({ alg: 'HS256', kid: key.kid })}.${encode(claims)}`
    for (const guess of [secret, secret.trim(), JSON.stringify(key)]) {
      const signature = createHmac('sha256', guess).update(head).digest('base64url')
      expect(await verify(`${head}.${signature}`)).toBeUndefined()
    }
  })

  it('refuses a key that a token brings along, and one whose id nobody published', async () => {
    const forger = await createTokenIssuer(names)
    const [stolen] = issuer.keys
    const [own] = forger.keys
    expect(await verify(await forger.issue('ada'))).toBeUndefined()
    expect(await verify(await forger.issue('ada', { key: { ...own, kid: stolen?.kid } as never }))).toBeUndefined()
    const token = await forger.issue('ada')
    const [, payload = '', signature = ''] = token.split('.')
    const header = encode({ alg: 'ES256', kid: stolen?.kid, jwk: forger.keySet.keys[0] })
    expect(await verify(`${header}.${payload}.${signature}`)).toBeUndefined()
  })

  it.each(['', 'x', 'a.b', 'a.b.c', 'a.b.c.d', '..', `${'a'.repeat(9000)}.b.c`])('refuses %j', async (token) => {
    expect(await verify(token)).toBeUndefined()
  })
})

describe('openTokenKeys', () => {
  it('reads a set over HTTP anew when a token has a key that it does not know', async () => {
    let reads = 0
    const server = createServer((_, response) => {
      reads += 1
      response.setHeader('content-type', 'application/json').end(JSON.stringify(issuer.keySet))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
    const remote = createTokenVerifier({ keys: await openTokenKeys(url, { cooldownMs: 0 }), ...names })
    const old = await issuer.issue('ada')
    expect([await remote(old), await remote(old), reads]).toEqual(['ada', 'ada', 1])
    await issuer.rotate()
    expect([await remote(await issuer.issue('bob')), await remote(old), reads]).toEqual(['bob', 'ada', 2])
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
    // Nobody's token is invalid because the key server is gone.
    const stranger = await createTokenIssuer(names)
    await expect(remote(await stranger.issue('ada'))).rejects.toThrow(/./)
  })
})
