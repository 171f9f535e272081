import { describe, expect, it } from 'vitest'
import type { ManagementTarget } from '../describe-management-api.ts'

const records = new Map<string, string>()

/** The name servers that the organizations of the suite ask. */
export const managementDns: { resolveTxt(name: string): Promise<readonly (readonly string[])[]> } = {
  resolveTxt: (name) => {
    const record = records.get(name)
    return Promise.resolve(record === undefined ? [] : [[record]])
  },
}

interface Claimed {
  readonly domain: string
  readonly record: { readonly name: string; readonly value: string }
}

const refused = (status: number, code: string) => ({ status, body: { code } })

/** From a domain that somebody claims to a colleague who joins by it, over HTTP. */
export function describeDomains(target: ManagementTarget): void {
  const { ask, site } = target
  const decide = (policy: string, role?: string, user = 'ada') =>
    ask(user, 'PUT /organization/domains/example.com/policy', { body: { policy, ...(role && { role }) } })
  const person = (user: string, request: string) => ask(user, request, { organization: '' })
  const joinAcme = (user: string) => person(user, `POST /organizations/${site().acmeId}/join`)

  describe('domains', () => {
    describeClaims(target)
    describeDoor({ person, joinAcme, decide })

    it('are given up', async () => {
      expect(await ask('ada', 'DELETE /organization/domains/example.com')).toMatchObject({ status: 204 })
      expect(await person('zed', 'GET /organizations/joinable')).toMatchObject({ status: 200, body: [] })
      expect(await joinAcme('zed')).toMatchObject(refused(404, 'DOMAIN_NOT_JOINABLE'))
      expect(await ask('door', 'GET /organization')).toMatchObject({ status: 200 })
    })
  })
}

function describeClaims({ ask }: ManagementTarget): void {
  const claim = (user: string, domain: string, organization = 'acme') =>
    ask(user, 'POST /organization/domains', { body: { domain }, organization })

  it('are claimed, proved by their record, and listed with it', async () => {
    const claimed = await claim('ada', ' Example.COM.')
    expect(claimed).toMatchObject({
      status: 201,
      body: { domain: 'example.com', status: 'pending', policy: 'manual' },
    })
    expect(claimed.headers.get('location')).toBe('domains/example.com')
    const { record } = claimed.body as Claimed
    const verify = () => ask('ada', 'POST /organization/domains/example.com/verify')
    expect(await verify()).toMatchObject(refused(409, 'DOMAIN_UNPROVEN'))
    records.set(record.name, record.value)
    expect(await verify()).toMatchObject({ status: 200, body: { domain: 'example.com' } })
    await claim('ada', 'example.org')
    const page = await ask('viewer-of-acme', 'GET /organization/domains?limit=1')
    const { items, nextCursor } = page.body as { items: Claimed[]; nextCursor: string }
    expect(items).toMatchObject([{ domain: 'example.com', status: 'verified', record }])
    const next = await ask('viewer-of-acme', `GET /organization/domains?limit=1&cursor=${nextCursor}`)
    expect(next).toMatchObject({ status: 200, body: { items: [{ domain: 'example.org' }], nextCursor: null } })
  })

  it('are refused twice, of public providers, and where they are none', async () => {
    expect(await claim('ada', 'example.com')).toMatchObject(refused(409, 'DOMAIN_EXISTS'))
    for (const domain of ['gmail.com', 'localhost', 'a b.com', ''])
      expect(await claim('ada', domain), domain).toMatchObject(refused(400, 'REQUEST_INVALID'))
  })

  it('are claimed once by a request that is repeated', async () => {
    const again = { body: { domain: 'example.net' }, headers: { 'idempotency-key': 'claim' } }
    const first = await ask('ada', 'POST /organization/domains', again)
    const second = await ask('ada', 'POST /organization/domains', again)
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
  })

  it('of one organization are none of another', async () => {
    // Claiming tells nothing: that somebody has the domain is seen by who can write its records.
    expect(await claim('bob', 'example.com', 'globex')).toMatchObject({ status: 201 })
    const globex = { organization: 'globex' }
    expect(await ask('bob', 'POST /organization/domains/example.com/verify', globex)).toMatchObject(
      refused(409, 'DOMAIN_UNPROVEN'),
    )
    expect(await ask('bob', 'DELETE /organization/domains/example.org', globex)).toMatchObject(
      refused(404, 'DOMAIN_UNKNOWN'),
    )
    expect(await ask('bob', 'DELETE /organization/domains/example.com', globex)).toMatchObject({ status: 204 })
  })
}

interface Door {
  readonly person: (user: string, request: string) => ReturnType<ManagementTarget['ask']>
  readonly joinAcme: (user: string) => ReturnType<ManagementTarget['ask']>
  readonly decide: (policy: string, role?: string, user?: string) => ReturnType<ManagementTarget['ask']>
}

function describeDoor({ person, joinAcme, decide }: Door): void {
  const joinable = (user: string) => person(user, 'GET /organizations/joinable')

  it('let nobody in, and show nothing, until that was decided', async () => {
    expect(await joinable('door')).toMatchObject({ status: 200, body: [] })
    expect(await joinAcme('door')).toMatchObject(refused(404, 'DOMAIN_NOT_JOINABLE'))
    expect(await decide('automatic', 'admin')).toMatchObject(refused(400, 'DOMAIN_ROLE_TOO_HIGH'))
    expect(await decide('automatic', 'viewer', 'viewer-of-acme')).toMatchObject(refused(403, 'PERMISSION_DENIED'))
    expect(await decide('anybody')).toMatchObject(refused(400, 'REQUEST_INVALID'))
  })

  it('show the organization to who has an address of them, who is to be invited', async () => {
    expect(await decide('suggestion')).toMatchObject({ status: 204 })
    expect(await joinable('door')).toMatchObject({
      status: 200,
      body: [{ organization: { slug: 'acme' }, policy: 'suggestion', role: 'member' }],
    })
    expect(await joinAcme('door')).toMatchObject(refused(403, 'DOMAIN_ASKS_FOR_INVITATION'))
    // A member is shown no door, and who has no address none either.
    expect(await joinable('ada')).toMatchObject({ status: 200, body: [] })
    expect(await joinable('nobody')).toMatchObject({ status: 200, body: [] })
    expect(await joinAcme('nobody')).toMatchObject(refused(403, 'EMAIL_UNVERIFIED'))
  })

  it('let who has an address of them join, once', async () => {
    expect(await decide('automatic', 'viewer')).toMatchObject({ status: 204 })
    expect(await joinable('door')).toMatchObject({ body: [{ policy: 'automatic', role: 'viewer' }] })
    expect(await joinAcme('door')).toMatchObject({ status: 201, body: { role: 'viewer' } })
    expect(await joinAcme('door')).toMatchObject(refused(409, 'MEMBER_EXISTS'))
    expect(await joinable('door')).toMatchObject({ body: [] })
    const unknown = await person('zed', 'POST /organizations/00000000-0000-4000-8000-000000000000/join')
    expect(unknown).toMatchObject(refused(404, 'DOMAIN_NOT_JOINABLE'))
  })
}
