import { describe, expect, it } from 'vitest'
import type { ManagementTarget } from '../describe-management-api.ts'

interface MemberPage {
  readonly items: readonly { readonly userId: string; readonly role: string; readonly status: string }[]
  readonly nextCursor: string | null
}

/** Who may do what with whom. */
export function describeMembers(target: ManagementTarget): void {
  describe('members', () => {
    describeList(target)
    describeChanges(target)
    describeRanks(target)
  })
  describeOwner(target)
}

function describeList({ ask, join, site }: ManagementTarget): void {
  const list = async (query: string) => (await ask('ada', `GET /organization/members${query}`)).body as MemberPage

  it('come a page at a time, filtered by role and status', async () => {
    for (let n = 1; n <= 5; n += 1) await join(`listed-${n}`, 'member')
    const seen: string[] = []
    let cursor: string | null = ''
    do {
      const page: MemberPage = await list(`?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map(({ userId }) => userId))
      cursor = page.nextCursor
    } while (cursor !== null)
    const expected = await site().database.admin(
      'select user_id from partywall.memberships where organization_id = $1 order by user_id',
      [site().acmeId],
    )
    expect(seen).toEqual(expected.map(({ user_id }) => user_id))
    expect((await list('?role=owner')).items.map(({ userId }) => userId)).toEqual(['ada', 'deputy-of-acme'])
    expect((await list('?status=suspended')).items).toEqual([])
    expect(await ask('ada', 'GET /organization/members?status=gone')).toMatchObject({ status: 400 })
  })
}

function describeChanges({ ask, join }: ManagementTarget): void {
  it('are refused at the request after they were suspended, and back when they are back', async () => {
    await join('resting', 'member')
    const put = (status: string) =>
      ask('ada', 'PUT /organization/members/resting/status', { body: { status } }).then((answer) => answer.status)
    expect(await put('suspended')).toBe(200)
    expect(await ask('resting', 'GET /organization')).toMatchObject({
      status: 403,
      body: { code: 'MEMBERSHIP_SUSPENDED' },
    })
    expect(await put('active')).toBe(200)
    expect(await ask('resting', 'GET /organization')).toMatchObject({ status: 200 })
  })

  it('get another role at the next request', async () => {
    await join('rising', 'viewer')
    const invite = () =>
      ask('rising', 'POST /organization/members/invite', { body: { email: 'x@y.z', role: 'viewer' } })
    expect(await invite()).toMatchObject({ status: 403 })
    const raised = await ask('ada', 'PUT /organization/members/rising/role', { body: { role: 'admin' } })
    expect(raised).toMatchObject({ status: 200, body: { userId: 'rising', role: 'admin' } })
    expect(await invite()).toMatchObject({ status: 201 })
  })

  it('are nobody any more when they are removed, or leave', async () => {
    for (const user of ['removed', 'leaving']) await join(user, 'member')
    expect(await ask('ada', 'DELETE /organization/members/removed')).toMatchObject({ status: 204 })
    expect(await ask('leaving', 'POST /organization/leave')).toMatchObject({ status: 204 })
    for (const user of ['removed', 'leaving'])
      expect(await ask(user, 'GET /organization')).toMatchObject({ status: 404 })
    expect(await ask('ada', 'DELETE /organization/members/removed')).toMatchObject({
      status: 404,
      body: { code: 'MEMBER_UNKNOWN' },
    })
  })
}

function describeRanks({ ask, join }: ManagementTarget): void {
  it('touch nobody who does not stand below them', async () => {
    await join('an-admin', 'admin')
    await join('another-admin', 'admin')
    for (const user of ['ada', 'another-admin']) {
      expect(await ask('an-admin', `DELETE /organization/members/${user}`)).toMatchObject({
        status: 403,
        body: { code: 'RANK_TOO_LOW' },
      })
    }
    const promoted = await ask('an-admin', 'PUT /organization/members/viewer-of-acme/role', {
      body: { role: 'owner' },
    })
    expect(promoted).toMatchObject({ status: 403, body: { code: 'RANK_TOO_LOW' } })
    const unknown = await ask('ada', 'PUT /organization/members/an-admin/role', { body: { role: 'emperor' } })
    expect(unknown).toMatchObject({ status: 400, body: { code: 'ROLE_UNKNOWN' } })
  })

  it('are of one organization: who is in another is unknown', async () => {
    for (const user of ['bob', 'nobody-at-all']) {
      for (const request of [`DELETE /organization/members/${user}`, `PUT /organization/members/${user}/role`]) {
        const answer = await ask('ada', request, { body: { role: 'viewer' } })
        expect(answer).toMatchObject({ status: 404, body: { code: 'MEMBER_UNKNOWN' } })
      }
    }
  })
}

function describeOwner({ ask, site }: ManagementTarget): void {
  describe('the owner', () => {
    it('hands the organization over once, however often the request comes', async () => {
      const organization = 'globex'
      await site().database.admin(
        `insert into partywall.memberships (organization_id, user_id, role)
         select organization_id, 'heir', 'member' from partywall.memberships where user_id = 'bob'`,
      )
      const headers = { 'idempotency-key': 'hand-over' }
      const body = { userId: 'heir', formerRole: 'admin' }
      const first = await ask('bob', 'POST /organization/transfer', { organization, headers, body })
      expect(first).toMatchObject({ status: 204 })
      const late = await ask('bob', 'POST /organization/transfer', { organization, body })
      expect(late).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } })
      // Bob hears that it worked, and nothing but that.
      const again = await ask('bob', 'POST /organization/transfer', { organization, headers, body })
      expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([204, 'true'])
      const others = [{ userId: 'viewer-of-globex' }, { nonsense: 1 }]
      for (const other of others)
        expect(await ask('bob', 'POST /organization/transfer', { organization, headers, body: other })).toMatchObject({
          status: 403,
          body: { code: 'PERMISSION_DENIED' },
        })
      expect(
        await ask('viewer-of-globex', 'POST /organization/transfer', { organization, headers, body }),
      ).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } })
      const setStatus = (status: string) =>
        site().database.admin(`update partywall.memberships set status = $1 where user_id = 'bob'`, [status])
      await setStatus('suspended')
      expect(await ask('bob', 'POST /organization/transfer', { organization, headers, body })).toMatchObject({
        status: 403,
        body: { code: 'MEMBERSHIP_SUSPENDED' },
      })
      await setStatus('active')
      expect(await ask('heir', 'POST /organization/transfer', { organization, body: { userId: 'bob' } })).toMatchObject(
        {
          status: 204,
        },
      )
      const replayed = await ask('bob', 'POST /organization/transfer', { organization, headers, body })
      expect(replayed).toMatchObject({ status: 204 })
      expect(replayed.headers.get('idempotent-replayed')).toBe('true')
      expect(await ask('bob', 'GET /organization/members?role=owner', { organization })).toMatchObject({
        body: { items: [{ userId: 'bob' }, { userId: 'deputy-of-globex' }] },
      })
    })

    it('stays when there is no other', async () => {
      const organization = 'globex'
      expect(await ask('bob', 'DELETE /organization/members/deputy-of-globex', { organization })).toMatchObject({
        status: 204,
      })
      const refused = { status: 409, body: { code: 'LAST_OWNER' } }
      expect(await ask('bob', 'POST /organization/leave', { organization })).toMatchObject(refused)
      const body = { role: 'admin' }
      expect(await ask('bob', 'PUT /organization/members/bob/role', { organization, body })).toMatchObject(refused)
    })
  })
}
