import { expect, it } from 'vitest'
import { createTokenIssuer } from '../../token-issuer.ts'
import { storyTokens, type Scene } from '../scene.ts'

export function describeSignIn(scene: () => Scene): void {
  it('refuses who is not signed in, whatever they say of themselves', async () => {
    const { host, ask } = scene()
    const organization = host.mine.slug
    expect(await ask(undefined, { line: host.list, organization })).toMatchObject({ status: 401 })
    const headers = {
      'x-organization': organization,
      'x-user-id': host.mine.ownerId,
      'x-forwarded-user': host.mine.ownerId,
    }
    expect((await fetch(host.origin + host.list, { headers })).status).toBe(401)
  })

  it('refuses tokens that have expired, of others, for others, and without a signature', async () => {
    const { host, issuer, ask } = scene()
    const { ownerId, slug: organization } = host.mine
    const stranger = await createTokenIssuer(storyTokens)
    const elsewhere = await createTokenIssuer({ ...storyTokens, audience: 'billing', keys: issuer.keys })
    const claims = { sub: ownerId, iss: storyTokens.issuer, aud: storyTokens.audience, exp: 4_000_000_000 }
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const bearers = [
      await issuer.issue(ownerId, { expiresIn: '-1s' }),
      await stranger.issue(ownerId),
      await elsewhere.issue(ownerId),
      `${encode({ alg: 'none' })}.${encode(claims)}.`,
      ownerId,
    ]
    for (const bearer of bearers)
      expect(await ask({ bearer }, { line: host.list, organization }), bearer).toMatchObject({ status: 401 })
  })

  it('takes tokens of both keys while they rotate', async () => {
    const { host, issuer, ask } = scene()
    const { ownerId, slug: organization } = host.mine
    const old = await issuer.issue(ownerId)
    await issuer.rotate()
    const bearers = [old, await issuer.issue(ownerId)]
    for (const bearer of bearers)
      expect(await ask({ bearer }, { line: host.list, organization })).toMatchObject({ status: 200 })
    issuer.retire()
    expect(await ask({ bearer: old }, { line: host.list, organization })).toMatchObject({ status: 401 })
  })

  it('takes one organization for a request', async () => {
    const { host, ask } = scene()
    const { ownerId, slug } = host.mine
    expect(await ask({ userId: ownerId }, { line: host.list })).toMatchObject({ status: 400 })
    const both = `${slug}, ${host.other.slug}`
    expect((await ask({ userId: ownerId }, { line: host.list, organization: both })).status).toBe(404)
  })
}
