import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createTenancy } from '../tenancy.ts'
import { createSealKey, readSealKey, writeSealKey } from './seal-key.ts'
import { signTenant } from './sign-tenant.ts'
import { TenantSeal } from './tenant-seal.ts'

const lifetimeMs = 60_000
const key = createSealKey()

function sealAt(start: number): { readonly seal: TenantSeal; readonly pass: (ms: number) => void } {
  let now = start
  const seal = new TenantSeal({ key, lifetimeMs, now: () => now })
  seal.bind('app')
  return { seal, pass: (ms) => (now += ms) }
}

describe('a tenant token', () => {
  it('is key, expiry, organization and the HMAC of all of them and the database', () => {
    const known = { id: '0123abcd', secret: Buffer.alloc(32, 7) }
    const token = signTenant(known, { organizationId: 'o', database: 'app', expiresAt: new Date(1_700_000_000_999) })
    const code = createHmac('sha256', known.secret).update('app:0123abcd.1700000000.o').digest('hex')
    expect(token).toBe(`0123abcd.1700000000.o.${code}`)
  })

  it('is signed once in half of a lifetime, and has at least as much left when it is sent', () => {
    const start = 1_700_000_000_000
    for (let offset = 0; offset < lifetimeMs; offset += 1700) {
      const { seal, pass } = sealAt(start + offset)
      const token = seal.tokenOf('o')
      const left = Number(token.split('.')[1]) * 1000 - (start + offset)
      expect(left).toBeGreaterThan(lifetimeMs / 2 - 1)
      expect(left).toBeLessThanOrEqual(lifetimeMs)
      pass(lifetimeMs / 2)
      expect(seal.tokenOf('o')).not.toBe(token)
    }
    const { seal, pass } = sealAt(start)
    const token = seal.tokenOf('o')
    pass(1000)
    expect(seal.tokenOf('o')).toBe(token)
  })

  it('is another for each organization, and for each database', () => {
    const { seal } = sealAt(1_700_000_000_000)
    const token = seal.tokenOf('a')
    expect(seal.tokenOf('b')).not.toBe(token)
    seal.bind('copy')
    expect(seal.tokenOf('a')).not.toBe(token)
  })

  it('is nothing for no organization', () => {
    expect(sealAt(0).seal.tokenOf('')).toBe('')
  })

  it('is right for each of more organizations than are kept', () => {
    const { seal } = sealAt(1_700_000_000_000)
    const ids = Array.from({ length: 10_000 }, (_, at) => String(at))
    for (const id of ids) expect(seal.tokenOf(id).split('.')[2]).toBe(id)
  })
})

describe('the text of a key', () => {
  it('is read back as the same key', () => {
    const again = readSealKey(writeSealKey(key))
    expect(again.id).toBe(key.id)
    expect(Buffer.from(again.secret)).toEqual(Buffer.from(key.secret))
  })

  it.each(['', 'secret', writeSealKey(key).slice(1), `${writeSealKey(key)}=`])('refuses %j', (text) => {
    expect(() => readSealKey(text)).toThrowError(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })

  it('is in no message and no detail when createTenancy() refuses it', () => {
    const text = `${writeSealKey(key)}!`
    let refusal: unknown
    try {
      createTenancy({ pool: {}, seal: { key: text } })
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({ code: 'CONFIGURATION_INVALID' })
    const { message, details, cause } = refusal as { message: string; details: unknown; cause: unknown }
    const secret = text.split('.')[1]?.slice(0, -1)
    expect(message + JSON.stringify(details) + String(cause)).not.toContain(secret)
  })
})
