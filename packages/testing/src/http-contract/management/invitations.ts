import { describe, expect, it } from 'vitest'
import type { ManagementTarget } from '../describe-management-api.ts'

interface Issued {
  readonly id: string
  readonly token: string
}

/** From an address to a member, over HTTP. */
export function describeInvitations(target: ManagementTarget): void {
  describe('invitations', () => {
    describeAcceptance(target)
    describeKeeping(target)
  })
}

const unusable = { status: 404, body: { code: 'INVITATION_UNUSABLE' } }

/** What the tests do with invitations. */
function invitationsOf({ ask }: ManagementTarget) {
  const invite = (user: string, email: string, role = 'member') =>
    ask(user, 'POST /organization/members/invite', { body: { email, role } })
  return {
    invite,
    issue: async (email: string) => (await invite('ada', email)).body as Issued,
    // Of a person: no organization is named.
    holder: (user: string, action: string, token: string) =>
      ask(user, `POST /invitations/${action}`, { organization: '', body: { token } }),
  }
}

function describeAcceptance(target: ManagementTarget): void {
  const { ask } = target
  const { invite, issue, holder } = invitationsOf(target)

  it('make a colleague a member, who sees what the team sees', async () => {
    const sent = await invite('ada', 'Cy@Example.com')
    expect(sent).toMatchObject({ status: 201, body: { email: 'cy@example.com', role: 'member', delivery: 'yours' } })
    const { id, token } = sent.body as Issued
    expect(sent.headers.get('location')).toBe(`../invitations/${id}`)
    expect(await ask('cy', 'GET /organization')).toMatchObject({ status: 404 })
    expect(await holder('cy', 'preview', token)).toMatchObject({
      status: 200,
      body: { organization: { slug: 'acme' }, email: 'cy@example.com', role: 'member' },
    })
    expect(await holder('cy', 'accept', token)).toMatchObject({
      status: 201,
      body: { organization: { slug: 'acme' }, role: 'member' },
    })
    expect(await ask('cy', 'GET /organization/members?limit=1')).toMatchObject({ status: 200 })
    expect(await ask('cy', 'GET /projects')).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } })
    expect(await holder('cy', 'accept', token)).toMatchObject(unusable)
  })

  it('are for the address that was invited, and for who has signed in', async () => {
    const { token } = await issue('di@example.com')
    expect(await holder('eve', 'accept', token)).toMatchObject({
      status: 403,
      body: { code: 'INVITATION_OTHER_ADDRESS' },
    })
    const anonymous = { organization: '', body: { token }, headers: { authorization: '' } }
    for (const action of ['preview', 'accept'])
      expect(await ask('x', `POST /invitations/${action}`, anonymous)).toMatchObject({ status: 401 })
    expect(await holder('di', 'accept', token)).toMatchObject({ status: 201 })
  })
}

function describeKeeping(target: ManagementTarget): void {
  const { ask, join, site } = target
  const { invite, issue, holder } = invitationsOf(target)

  it('are one for each address, and have one living token', async () => {
    const { id, token } = await issue('fay@example.com')
    expect(await invite('ada', ' FAY@example.com')).toMatchObject({
      status: 409,
      body: { code: 'INVITATION_PENDING' },
    })
    const resent = await ask('ada', `POST /organization/invitations/${id}/resend`)
    expect(resent).toMatchObject({ status: 200, body: { id, email: 'fay@example.com' } })
    expect(await holder('fay', 'accept', token)).toMatchObject(unusable)
    expect(await ask('ada', `DELETE /organization/invitations/${id}`)).toMatchObject({ status: 204 })
    expect(await holder('fay', 'accept', (resent.body as Issued).token)).toMatchObject(unusable)
    expect(await holder('fay', 'preview', 'no token at all')).toMatchObject(unusable)
  })

  it('are listed without their tokens', async () => {
    const { id, token } = await issue('gil@example.com')
    const { body } = await ask('viewer-of-acme', 'GET /organization/invitations?limit=100')
    expect((body as { items: object[] }).items).toContainEqual(
      expect.objectContaining({ id, email: 'gil@example.com', status: 'pending', invitedBy: 'ada' }),
    )
    expect(JSON.stringify(body)).not.toContain(token)
  })

  it('stand below who invites, and belong to one organization', async () => {
    await join('inviting-admin', 'admin')
    expect(await invite('inviting-admin', 'hal@example.com', 'owner')).toMatchObject({
      status: 403,
      body: { code: 'RANK_TOO_LOW' },
    })
    expect(await invite('viewer-of-acme', 'hal@example.com')).toMatchObject({ status: 403 })
    const { id } = await issue('hal@example.com')
    const foreign = { organization: 'globex' }
    for (const request of [`POST /organization/invitations/${id}/resend`, `DELETE /organization/invitations/${id}`]) {
      const refused = { status: 404, body: { code: 'INVITATION_UNKNOWN' } }
      expect(await ask('bob', request, foreign)).toMatchObject(refused)
    }
    const rows = await site().database.admin('select status from partywall.invitations where id = $1', [id])
    expect(rows).toEqual([{ status: 'pending' }])
  })
}
