import { expect, it } from 'vitest'
import type { Scene } from '../scene.ts'

/** Signs somebody up and gets them an invitation by the owner. Gives the token that their mail has. */
export async function invite({ host, sent, ask }: Scene, userId: string, role = 'viewer'): Promise<string> {
  const email = `${userId}@example.com`
  await host.signUp({ id: userId, email })
  const answer = await ask(
    { userId: host.mine.ownerId },
    { line: 'POST /v1/organization/members/invite', organization: host.mine.slug, body: { email, role } },
  )
  expect(answer).toMatchObject({ status: 201, body: { email, role, delivery: 'sent' } })
  expect(JSON.stringify(answer.body)).not.toContain('token')
  const message = sent.at(-1)
  expect(message?.email).toBe(email)
  return message?.token ?? ''
}

/** Becomes a member by the token. */
export async function accept({ ask }: Scene, userId: string, token: string): Promise<number> {
  return (await ask({ userId }, { line: 'POST /v1/invitations/accept', body: { token } })).status
}

export function describeInvitation(scene: () => Scene): void {
  it('lets an invited colleague accept, and see what the team sees', async () => {
    const { host, ask } = scene()
    const { mine, other, list } = host
    const token = await invite(scene(), 'carol')
    const carol = { userId: 'carol' }
    expect(await ask(carol, { line: list, organization: mine.slug })).toMatchObject({ status: 404 })
    expect(await accept(scene(), 'carol', token)).toBe(201)
    const seen = await ask(carol, { line: list, organization: mine.slug })
    const shown = await ask({ userId: mine.ownerId }, { line: list, organization: mine.slug })
    expect(seen).toMatchObject({ status: 200, body: shown.body })
    expect(new Set(host.marksOf(seen.body))).toEqual(new Set([mine.mark]))
    expect(await ask(carol, { line: '/v1/organizations' })).toMatchObject({
      body: [{ slug: mine.slug, role: 'viewer' }],
    })
    expect(await ask(carol, { line: list, organization: other.slug })).toMatchObject({ status: 404 })
  })

  it('lets a viewer read, and neither write nor invite', async () => {
    const { host, ask } = scene()
    const organization = host.mine.slug
    await accept(scene(), 'dan', await invite(scene(), 'dan'))
    const dan = { userId: 'dan' }
    expect(await ask(dan, { line: host.item, organization })).toMatchObject({ status: 200 })
    const { path, body } = host.write
    const refused = { status: 403, body: { code: 'PERMISSION_DENIED' } }
    expect(await ask(dan, { line: `POST ${path}`, organization, body })).toMatchObject(refused)
    const friend = { email: 'friend@example.com', role: 'viewer' }
    const line = 'POST /v1/organization/members/invite'
    expect(await ask(dan, { line, organization, body: friend })).toMatchObject(refused)
  })
}

export function describeLimits(scene: () => Scene): void {
  it('gives an invitation to nobody but who was invited, and once', async () => {
    const { host } = scene()
    const token = await invite(scene(), 'erin')
    expect(await accept(scene(), host.other.ownerId, token)).toBe(403)
    expect(await accept(scene(), 'erin', token)).toBe(201)
    expect(await accept(scene(), 'erin', token)).toBe(404)
  })

  it('refuses a suspended member at the next request', async () => {
    const { host, ask } = scene()
    const organization = host.mine.slug
    await accept(scene(), 'fay', await invite(scene(), 'fay'))
    const read = async () => (await ask({ userId: 'fay' }, { line: host.list, organization })).status
    expect(await read()).toBe(200)
    const line = 'PUT /v1/organization/members/fay/status'
    const suspended = await ask({ userId: host.mine.ownerId }, { line, organization, body: { status: 'suspended' } })
    expect(suspended.status).toBeLessThan(300)
    expect(await read()).toBe(403)
  })
}

export function describeStranger(scene: () => Scene): void {
  it('shows another organization its own rows and nothing else', async () => {
    const { host, ask } = scene()
    const { mine, other, list, item } = host
    const stranger = { userId: other.ownerId }
    const own = await ask(stranger, { line: list, organization: other.slug })
    expect(new Set(host.marksOf(own.body))).toEqual(new Set([other.mark]))
    expect(await ask(stranger, { line: item, organization: other.slug })).toMatchObject({ status: 404 })
    const foreign = await ask(stranger, { line: list, organization: mine.slug })
    const byId = await ask(stranger, { line: list, organization: mine.id })
    const unknown = await ask(stranger, { line: list, organization: 'no-such-organization' })
    const told = ({ status, body }: typeof foreign) => ({ status, body: { ...(body as object), requestId: '' } })
    expect(unknown.status).toBe(404)
    expect([told(foreign), told(byId)]).toEqual([told(unknown), told(unknown)])
  })
}
