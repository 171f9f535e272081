import { expect, it, vi } from 'vitest'
import type { Scene } from '../scene.ts'
import { accept, invite } from './invitation.ts'
import { issueKey } from './programs.ts'

export function describeLog(scene: () => Scene): void {
  it('logs each request with its id and organization, and no token, key, secret or address', async () => {
    const { host, issuer, ask, log } = scene()
    const { ownerId, slug: organization, id: organizationId } = host.mine
    const token = await issuer.issue(ownerId)
    const invitation = await invite(scene(), 'gil')
    await accept(scene(), 'gil', invitation)
    const { key } = await issueKey(scene(), ['*:read'])
    const from = log.length
    const secrets = [token, invitation, key, 'gil@example.com', 'sneaky@example.com']
    await ask({ bearer: token }, { line: host.list, organization })
    await ask({ bearer: key }, { line: host.list })
    await ask({ bearer: `${key}x` }, { line: host.list })
    await ask({ bearer: token }, { line: `${host.list}?q=sneaky@example.com&token=${invitation}`, organization })
    await ask({ bearer: token }, { line: `/nothing/${key}/sneaky@example.com`, organization })
    await accept(scene(), 'gil', invitation)
    const line = 'POST /v1/organization/members/invite'
    const body = { email: 'gil@example.com', role: 'viewer' }
    await ask({ bearer: token }, { line, organization, body })
    await vi.waitFor(() => expect(log.slice(from).filter((one) => one.includes('answered'))).toHaveLength(7))
    for (const secret of secrets) expect(log.join('')).not.toContain(secret)
    const lines = log.slice(from).map((one) => JSON.parse(one) as Record<string, unknown>)
    const answered = lines.filter(({ msg }) => msg === 'answered')
    expect(new Set(answered.map(({ requestId }) => requestId)).size).toBe(7)
    const admitted = answered.filter(({ status }) => status === 200)
    expect(admitted).not.toEqual([])
    for (const one of admitted) expect(one).toMatchObject({ organizationId, method: 'GET', status: 200 })
  })
}
