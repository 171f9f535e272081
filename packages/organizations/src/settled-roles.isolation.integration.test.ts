import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PoolClient } from 'pg'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { digestOf } from './token.ts'

let sites: Sites
let { tenancy, organizations, newSite, database } = {} as Sites

beforeAll(async () => {
  sites = await createSites()
  ;({ tenancy, organizations, newSite, database } = sites)
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

const actor = system
const helper = { name: 'helper', rank: 60, permissions: ['members:*', 'api-keys:*', 'tests:*'] }

/** In a transaction of a member whose snapshot is taken before something else is done. */
async function afterSnapshot<T>(
  site: Site,
  userId: string,
  { meanwhile, act }: { meanwhile: () => Promise<unknown>; act: (client: PoolClient) => Promise<T> },
): Promise<T> {
  return await site.as(userId, async () => {
    const client = await tenancy.pool.connect()
    try {
      await client.query('begin isolation level repeatable read')
      await client.query('select from partywall.memberships')
      await meanwhile()
      const result = await act(client)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  })
}

describe('a transaction with an older snapshot', () => {
  it('does not act by permissions that a role has lost', async () => {
    const site = await newSite()
    await organizations.defineRole({ ...helper, actor })
    await site.as('owner', () => organizations.changeRole({ userId: 'member', role: 'helper' }))
    const acting = afterSnapshot(site, 'member', {
      meanwhile: () => organizations.defineRole({ ...helper, permissions: ['*:read'], actor }),
      act: (transaction) => organizations.removeMember({ userId: 'viewer' }, { transaction }),
    })
    await expect(acting).rejects.toMatchObject({ code: '40001' })
    expect(await site.who()).toContain('viewer: viewer active')
  })

  it('does not grant a role that has risen above who grants it', async () => {
    const site = await newSite()
    await organizations.defineRole({ ...helper, actor })
    const granting = afterSnapshot(site, 'admin', {
      meanwhile: () => organizations.defineRole({ ...helper, rank: 90, actor }),
      act: (transaction) => organizations.changeRole({ userId: 'viewer', role: 'helper' }, { transaction }),
    })
    await expect(granting).rejects.toMatchObject({ code: '40001' })
    expect(await site.who()).toContain('viewer: viewer active')
  })

  it('does not touch the key of somebody who has risen above who acts', async () => {
    const site = await newSite()
    await organizations.defineRole({ ...helper, actor })
    await site.as('owner', () => organizations.changeRole({ userId: 'member', role: 'helper' }))
    const { id } = await site.as('member', () =>
      organizations.createApiKey({ name: 'CI', permissions: ['tests:read'] }),
    )
    const revoking = afterSnapshot(site, 'admin', {
      meanwhile: () => site.as('owner', () => organizations.changeRole({ userId: 'member', role: 'admin' })),
      act: (transaction) => organizations.revokeApiKey({ id }, { transaction }),
    })
    await expect(revoking).rejects.toMatchObject({ code: '40001' })
  })
})

describe('an event', () => {
  const lastActor = async (id: string): Promise<unknown> => {
    const sql = 'select actor from partywall.outbox where organization_id = $1 order by position desc limit 1'
    const [row] = await database.admin<{ actor: unknown }>(sql, [id])
    return row?.actor
  }

  it('of an organization that is restored tells who restored it', async () => {
    const { id, as } = await newSite()
    await as('owner', () => organizations.delete())
    await as('owner', () => organizations.restore())
    expect(await lastActor(id)).toEqual({ type: 'user', id: 'owner' })
  })

  it('of an invitation that is accepted tells who accepted it, whatever the connection says', async () => {
    const { id, as } = await newSite()
    const { token = '' } = await as('owner', () => organizations.invite({ email: 'bob@example.com', role: 'viewer' }))
    await as('bob', async () => {
      const transaction = await tenancy.pool.connect()
      await transaction.query('begin')
      await transaction.query("select set_config('partywall.acting_user', 'owner', true)")
      await transaction.query('select from partywall.accept_invitation($1, $2, null)', [digestOf(token), 'bob'])
      await transaction.query('commit')
      transaction.release()
    })
    expect(await lastActor(id)).toEqual({ type: 'user', id: 'bob' })
  })
})

describe('who is no member', () => {
  const nobody = { type: 'user', id: 'stranger' } as const
  const unknown = '00000000-0000-4000-8000-000000000000'
  const calls = {
    'removing a member': () => organizations.removeMember({ userId: 'viewer' }),
    'restoring it': () => organizations.restore(),
  }

  it.each(Object.entries(calls))('is told nothing of an organization by %s', async (_, call) => {
    const { id, as } = await newSite()
    const ask = async (organizationId: string): Promise<unknown> =>
      await tenancy.run({ organizationId, actor: nobody }, () =>
        call().catch(({ code, message }: { code: string; message: string }) => ({ code, message })),
      )
    const active = await ask(id)
    await as('owner', () => organizations.delete())
    expect(active).toMatchObject({ code: 'ACTOR_NOT_MEMBER' })
    expect(await ask(id)).toEqual(active)
    expect(await ask(unknown)).toEqual(active)
  })
})
