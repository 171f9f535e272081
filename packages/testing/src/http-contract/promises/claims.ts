import { beforeAll, describe, expect, it } from 'vitest'
import { signatureOf } from '../contract-claims.ts'
import type { HttpTarget } from '../describe-http-host.ts'
import { rawCall } from '../http-client.ts'
import type { RawAnswer, RawRequest } from '../http-client.ts'

type Pairs = NonNullable<RawRequest['headers']>
type Ask = (headers: Pairs, more?: Partial<RawRequest>) => Promise<RawAnswer>

const ada = ['Authorization', 'Bearer token-of-ada'] as const
const acme = ['X-Organization', 'acme'] as const
const projects = (slug: string): string[] => [1, 2, 3, 4, 5].map((n) => `${slug} ${n}`)
const reads = (slug: string): object => ({ status: 200, body: projects(slug) })
const refuses = (status: number, code: string): object => ({ status, body: { status, code } })

/** What a request says of itself is taken from where it may come from, and from nowhere else. */
export function describeClaims(target: HttpTarget): void {
  const ask: Ask = (headers, more = {}) => rawCall(target.host().origin, { path: '/projects', headers, ...more })
  describePlaces(ask)
  describeProxies(ask)
  describeKeys(target, ask)
  describeWebhooks(target, ask)
  describeUniformity(ask)
}

function describePlaces(ask: Ask): void {
  const host = (name: string): readonly [string, string] => ['Host', name]

  describe('the organization of a claim', () => {
    it.each([
      ['in a header', [ada, acme], reads('acme')],
      ['in the subdomain', [ada, host('acme.flaky.test')], reads('acme')],
      ['in the subdomain, written otherwise', [ada, host('ACME.Flaky.Test.:8080')], reads('acme')],
      ['in both', [ada, host('acme.flaky.test'), acme], reads('acme')],
      ['in both, and they differ', [ada, host('globex.flaky.test'), acme], refuses(400, 'CLAIM_AMBIGUOUS')],
      ['in two headers', [ada, acme, ['x-organization', 'globex']], refuses(400, 'CLAIM_AMBIGUOUS')],
      ['in a host of others', [ada, host('acme.evil.example')], refuses(400, 'CLAIM_INVALID')],
      [
        'in a host with another behind it',
        [ada, host('acme.flaky.test.evil.example'), acme],
        refuses(400, 'CLAIM_INVALID'),
      ],
      ['in a host below', [ada, host('globex.acme.flaky.test')], refuses(400, 'CLAIM_INVALID')],
      ['of others in the subdomain', [ada, host('globex.flaky.test')], refuses(404, 'ORGANIZATION_NOT_FOUND')],
      [
        'nowhere but in a forwarded host',
        [ada, ['X-Forwarded-Host', 'acme.flaky.test']],
        refuses(400, 'ORGANIZATION_REQUIRED'),
      ],
      ['with two tokens', [ada, ['Authorization', 'Bearer token-of-bob'], acme], refuses(400, 'CLAIM_AMBIGUOUS')],
    ] as const)('is taken or refused: %s', async (...[, headers, expected]) => {
      expect(await ask(headers)).toMatchObject(expected)
    })

    it('is not taken from two hosts', async () => {
      expect(await ask([ada, host('acme.flaky.test'), host('globex.flaky.test')])).toMatchObject({ status: 400 })
    })
  })
}

function describeProxies(ask: Ask): void {
  const near = (user: string, organization: string): Pairs => [
    ['X-Near-User', user],
    ['X-Near-Organization', organization],
  ]
  const far = [
    ['X-Far-User', 'ada'],
    ['X-Far-Organization', 'acme'],
  ] as const

  describe('the headers of a proxy', () => {
    it('are taken from a proxy that is trusted', async () => {
      expect(await ask(near('ada', 'acme'))).toMatchObject(reads('acme'))
      expect(await ask(near('bob', 'acme'))).toMatchObject(refuses(404, 'ORGANIZATION_NOT_FOUND'))
      expect(await ask(near('', 'acme'))).toMatchObject(refuses(401, 'UNAUTHENTICATED'))
    })

    it('are not taken from elsewhere, whatever is forwarded and whoever has signed in', async () => {
      const forwarded = ['X-Forwarded-For', 'X-Real-IP', 'X-Client-IP'].map((name) => [name, '192.0.2.1'] as const)
      expect(await ask(far)).toMatchObject(refuses(401, 'CLAIM_UNTRUSTED'))
      const spoofed = [...far, ...forwarded, ['Forwarded', 'for=192.0.2.1']] as const
      expect(await ask(spoofed)).toMatchObject(refuses(401, 'CLAIM_UNTRUSTED'))
      expect(await ask([...spoofed, ada, acme])).toMatchObject(refuses(401, 'CLAIM_UNTRUSTED'))
    })

    it('are not taken twice', async () => {
      const twice = [...near('ada', 'acme'), ['x-near-user', 'bob']] as const
      expect(await ask(twice)).toMatchObject(refuses(400, 'CLAIM_AMBIGUOUS'))
    })
  })
}

function describeKeys({ site, createApiKey }: HttpTarget, ask: Ask): void {
  let key: readonly [string, string]

  beforeAll(async () => {
    const { tenancy, acmeId } = site()
    const scope = { organizationId: acmeId, actor: { type: 'user', id: 'ada' } } as const
    const { text } = await tenancy.run(scope, () =>
      createApiKey({ name: 'CI', permissions: ['things:*', 'projects:read'] }),
    )
    key = ['Authorization', `Bearer ${text}`]
  })

  describe('an API key', () => {
    it('acts in its organization alone, named or not', async () => {
      expect(await ask([key])).toMatchObject(reads('acme'))
      expect(await ask([key, acme])).toMatchObject(reads('acme'))
      expect(await ask([key, ['Host', 'acme.flaky.test']])).toMatchObject(reads('acme'))
      for (const name of ['globex', 'nowhere', ''])
        expect(await ask([key, ['X-Organization', name]])).toMatchObject(refuses(404, 'ORGANIZATION_NOT_FOUND'))
    })

    it('does what it may, and is nobody of its own', async () => {
      const post = { method: 'POST', body: '{"text":"x"}' } as const
      const json = ['Content-Type', 'application/json'] as const
      expect(await ask([key, json], post)).toMatchObject(refuses(403, 'PERMISSION_DENIED'))
      const written = await ask([key, json], { ...post, path: '/v1/things/1' })
      expect(written).toMatchObject({
        status: 201,
        body: { user: expect.stringMatching(/^api-key:\w{16}$/) as string },
      })
      expect(await ask([key], { path: '/v1/me' })).toMatchObject(refuses(401, 'UNAUTHENTICATED'))
    })

    it('is refused when a letter is wrong', async () => {
      const [name, text] = key
      for (const wrong of [text.slice(0, -1), `${text}0`, text.toLowerCase(), 'Bearer pwk_', 'Bearer pwk_%00'])
        expect(await ask([[name, wrong], acme])).toMatchObject(refuses(401, 'UNAUTHENTICATED'))
    })

    it('does not outlive the suspension of who answers for it, nor that of its organization', async () => {
      await site().database.admin("update partywall.organizations set status = 'suspended' where slug = 'acme'")
      expect(await ask([key])).toMatchObject(refuses(403, 'ORGANIZATION_SUSPENDED'))
      await site().database.admin("update partywall.organizations set status = 'active'")
      await site().database.admin("update partywall.memberships set status = 'suspended' where user_id = 'ada'")
      expect(await ask([key])).toMatchObject(refuses(401, 'UNAUTHENTICATED'))
    })
  })
}

function describeWebhooks({ site }: HttpTarget, ask: Ask): void {
  let deliveries = 0
  const deliver = (
    body: string,
    { signature = signatureOf(body), id = `d-${(deliveries += 1)}`, path = '/hooks' } = {},
  ) =>
    ask(
      [
        ['Content-Type', 'application/json'],
        ['X-Hub-Signature-256', signature],
        ['X-GitHub-Delivery', id],
      ],
      { method: 'POST', path, body },
    )
  const payload = (installation: number): string =>
    // Another for each, with space that a parser would lose.
    `{ "at": ${(deliveries += 1)},  "installation": {"id": ${installation}} }`

  describe('a webhook', () => {
    it('acts for the installation that its signature proves', async () => {
      const actor = { type: 'system', id: 'installation:42' }
      expect(await deliver(payload(42))).toMatchObject({ status: 200, body: { actor, projects: projects('acme') } })
      const body = payload(42)
      const signature = signatureOf(body, 'the secret that came before')
      expect(await deliver(body, { signature })).toMatchObject({ status: 200 })
    })

    it('is refused without a signature, whoever has signed in', async () => {
      const unsigned = { method: 'POST', path: '/hooks', body: payload(42) } as const
      expect(await ask([ada, acme, ['Content-Type', 'application/json']], unsigned)).toMatchObject(
        refuses(401, 'CLAIM_UNTRUSTED'),
      )
      const body = payload(42)
      for (const signature of [signatureOf(body, 'another'), signatureOf(`${body} `), ''])
        expect(await deliver(body, { signature })).toMatchObject(refuses(401, 'CLAIM_UNTRUSTED'))
    })

    it('is taken once', async () => {
      const body = payload(42)
      expect(await deliver(body, { id: 'once' })).toMatchObject({ status: 200 })
      expect(await deliver(body, { id: 'once' })).toMatchObject(refuses(409, 'WEBHOOK_REPLAYED'))
      expect(await deliver(body, { id: 'twice' })).toMatchObject(refuses(409, 'WEBHOOK_REPLAYED'))
    })

    it('is nobody at another path', async () => {
      for (const path of ['/projects', '/v1/things/1'])
        expect(await deliver(payload(42), { path })).toMatchObject(refuses(401, 'UNAUTHENTICATED'))
    })

    it('of an unknown installation is refused, and of a suspended organization', async () => {
      expect(await deliver(payload(41))).toMatchObject(refuses(404, 'ORGANIZATION_NOT_FOUND'))
      await site().database.admin("update partywall.organizations set status = 'suspended' where slug = 'acme'")
      expect(await deliver(payload(42))).toMatchObject(refuses(403, 'ORGANIZATION_SUSPENDED'))
    })
  })
}

function describeUniformity(ask: Ask): void {
  describe('a refusal', () => {
    it('has the same headers and the same text for an unknown organization and for one of others', async () => {
      for (const path of ['/projects', '/v1/things', '/v1/projects/1']) {
        for (const method of ['GET', 'HEAD']) {
          const answers = await Promise.all(
            ['globex', 'nowhere'].map(async (name) => {
              const answer = await ask([ada, ['X-Organization', name]], { path, method })
              return { ...answer, headers: constant(answer.headers), body: constant(answer.body) }
            }),
          )
          expect(answers[0]).toMatchObject({ status: 404 })
          expect(answers[0]).toEqual(answers[1])
        }
      }
    })
  })
}

/** Without what differs from one request to the next, whatever they ask for. */
function constant(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  return Object.fromEntries(Object.entries(given).filter(([name]) => !/^(date|content-length|requestId)$/i.test(name)))
}
