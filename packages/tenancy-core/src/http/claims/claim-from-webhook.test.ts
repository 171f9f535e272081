import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { claimFromWebhook } from './claim-from-webhook.ts'
import { outcome, requestOf } from './claim-request.fixture.ts'
import { createDeliveryLog } from './delivery-log.ts'

const secret = 'it is a secret, all of it'
const path = '/webhooks/github' as const
const payload = '{"action":"completed","installation":{"id":42}}'

const sign = (body: string | Buffer, key = secret): string =>
  `sha256=${createHmac('sha256', key).update(body).digest('hex')}`

interface Delivered {
  readonly body?: unknown
  readonly signature?: string
  readonly id?: string
  readonly url?: string
  readonly more?: readonly (readonly [string, string])[]
}

function deliver({
  body = Buffer.from(payload),
  signature = sign(payload),
  id = 'd-1',
  url = path,
  more = [],
}: Delivered) {
  const headers = [['X-Hub-Signature-256', signature], ['X-GitHub-Delivery', id], ...more] as const
  return requestOf(headers, { url, body })
}

const fresh = (): ReturnType<typeof claimFromWebhook> => claimFromWebhook({ path, secrets: [secret] })

describe('claimFromWebhook', () => {
  it('gives the installation of a signed delivery', async () => {
    expect(await fresh()(deliver({}))).toEqual({ installationId: '42' })
    expect(await fresh()(deliver({ url: `${path}?a=b` }))).toEqual({ installationId: '42' })
  })

  it('checks the bytes, not what they mean', async () => {
    const spaced = Buffer.from(payload.replace(':', ': '))
    expect(await outcome(() => fresh()(deliver({ body: spaced })))).toBe('CLAIM_UNTRUSTED')
    expect(await fresh()(deliver({ body: spaced, signature: sign(spaced) }))).toEqual({ installationId: '42' })
  })

  it.each([
    ['no signature', { signature: '' }],
    ['the signature of another secret', { signature: sign(payload, 'x'.repeat(20)) }],
    ['SHA-1', { signature: sign(payload).replace('sha256', 'sha1') }],
    ['half a signature', { signature: sign(payload).slice(0, 39) }],
    ['upper case', { signature: sign(payload).toUpperCase() }],
    ['something behind', { signature: `${sign(payload)}00` }],
    ['two in one header', { signature: `${sign(payload)}, ${sign(payload)}` }],
    ['an empty body', { body: Buffer.alloc(0) }],
    ['no body', { body: null }],
  ])('refuses %s', async (_, given) => {
    const read = claimFromWebhook<ReturnType<typeof deliver>>({
      path,
      secrets: [secret],
      rawBody: ({ body }) => (body ?? undefined) as Uint8Array | undefined,
    })
    expect(await outcome(() => read(deliver(given)))).toBe('CLAIM_UNTRUSTED')
  })

  it('refuses two signatures', async () => {
    const more = [['x-hub-signature-256', sign(payload)]] as const
    expect(await outcome(() => fresh()(deliver({ more })))).toBe('CLAIM_AMBIGUOUS')
  })

  it('says nothing of other paths, whatever is signed', async () => {
    for (const url of ['/v1/organization', `${path}/`, path.toUpperCase(), `/a/..${path}`, `http://host${path}`])
      expect(await fresh()(deliver({ url }))).toBeUndefined()
  })

  it('takes the old secret while it is replaced, and no longer', async () => {
    const next = 'the secret that comes after'
    const both = claimFromWebhook({ path, secrets: [next, secret] })
    expect(await both(deliver({}))).toEqual({ installationId: '42' })
    expect(await both(deliver({ signature: sign(payload, next), id: 'd-2' }))).toEqual({ installationId: '42' })
    const replaced = claimFromWebhook({ path, secrets: [next] })
    expect(await outcome(() => replaced(deliver({})))).toBe('CLAIM_UNTRUSTED')
  })

  it('takes a delivery once, whatever id a repetition has', async () => {
    const deliveries = createDeliveryLog()
    const read = claimFromWebhook({ path, secrets: [secret], deliveries })
    await read(deliver({}))
    const other = payload.replace('42', '43')
    expect(await outcome(() => read(deliver({})))).toBe('WEBHOOK_REPLAYED')
    expect(await outcome(() => read(deliver({ id: 'another' })))).toBe('WEBHOOK_REPLAYED')
    expect(await outcome(() => read(deliver({ body: Buffer.from(other), signature: sign(other) })))).toBe(
      'WEBHOOK_REPLAYED',
    )
    await deliveries.forget('d-1')
    expect(await read(deliver({}))).toEqual({ installationId: '42' })
  })

  it('remembers nothing that was not signed', async () => {
    const read = fresh()
    await outcome(() => read(deliver({ signature: sign('other') })))
    expect(await read(deliver({}))).toEqual({ installationId: '42' })
  })

  it.each([
    ['is no JSON', Buffer.from('payload=%7B%7D'), 'CLAIM_INVALID'],
    ['is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'CLAIM_INVALID'],
    ['is about no installation', Buffer.from('{"zen":"Keep it simple."}'), 'ORGANIZATION_REQUIRED'],
    ['is nothing', Buffer.from('null'), 'ORGANIZATION_REQUIRED'],
    ['has an id that is no number', Buffer.from('{"installation":{"id":{"a":1}}}'), 'ORGANIZATION_REQUIRED'],
    [
      'has an id that no number holds',
      Buffer.from('{"installation":{"id":9007199254740993}}'),
      'ORGANIZATION_REQUIRED',
    ],
  ])('refuses a signed body that %s', async (_, body, code) => {
    expect(await outcome(() => fresh()(deliver({ body, signature: sign(body) })))).toBe(code)
  })

  it.each(['', ' ', 'a'.repeat(65), 'a\0'])('refuses a delivery with the id "%s"', async (id) => {
    expect(await outcome(() => fresh()(deliver({ id })))).toBe('CLAIM_INVALID')
  })

  it('is a fault of the service when a parser came first', async () => {
    const parsed = { installation: { id: 42 } }
    expect(await outcome(() => fresh()(deliver({ body: parsed })))).toBe('CONFIGURATION_INVALID')
  })

  it.each<[string, Parameters<typeof claimFromWebhook>[0]]>([
    ['no secret', { path, secrets: [] }],
    ['a short secret', { path, secrets: [secret, 'short'] }],
    ['a secret that is not set', { path, secrets: [undefined as unknown as string] }],
    ['no path', { path: 'webhooks' as never, secrets: [secret] }],
  ])('is not made with %s', (_, options) => {
    const refused = expect.objectContaining({ code: 'CONFIGURATION_INVALID' })
    expect(() => claimFromWebhook(options)).toThrow(refused)
  })
})

describe('createDeliveryLog', () => {
  it('remembers for as long as the window, and no more than its capacity', () => {
    let at = 0
    const log = createDeliveryLog({ windowMs: 100, capacity: 2 }, () => at)
    const remember = (name: string): unknown => log.remember({ id: name, signature: `of ${name}` })
    expect([remember('a'), remember('a')]).toEqual([true, false])
    at = 99
    expect(remember('a')).toBe(false)
    at = 100
    expect([remember('a'), remember('b'), remember('b')]).toEqual([true, true, false])
    expect([remember('c'), remember('c'), remember('a')]).toEqual([true, false, true])
  })

  it.each([0, -1, 1.5, Number.NaN])('is not made with %s', (windowMs) => {
    const refused = expect.objectContaining({ code: 'CONFIGURATION_INVALID' })
    expect(() => createDeliveryLog({ windowMs })).toThrow(refused)
  })
})
