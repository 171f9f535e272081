import { createOrganizations } from '@partywall/organizations'
import type { InvitationMessage, Organizations } from '@partywall/organizations'
import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { assertPermission } from '@partywall/tenancy-core/http'
import { scopedPrisma } from '@partywall/tenancy-core/prisma'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrismaClient } from '../generated/client.ts'
import { listRepositories } from '../src/queries/repositories.ts'
import { createConvertedDatabase, type ConvertedDatabase } from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'

let database: ConvertedDatabase
let tenancy: Tenancy
let organizations: Organizations
let prisma: PrismaClient
const outbox: InvitationMessage[] = []
const actor = { type: 'system', id: 'set-up' } as const

beforeAll(async () => {
  database = await createConvertedDatabase()
  await query(database.ownerUrl, 'delete from partywall.memberships where organization_id = $1', [database.first.id])
  tenancy = createTenancy({
    pool: { connectionString: database.appUrl, max: 5 },
    operator: { connectionString: database.operatorUrl },
  })
  organizations = createOrganizations(tenancy, { mailer: { send: async (message) => void outbox.push(message) } })
  prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
})

afterAll(async () => {
  await prisma.$disconnect()
  await tenancy.close()
  await database[Symbol.asyncDispose]()
})

async function signIn(email: string): Promise<string> {
  const rows = await query<{ id: string }>(database.ownerUrl, 'select "id" from "User" where "email" = $1', [email])
  return rows[0]?.id ?? ''
}

describe('a team of FlakeGuard', () => {
  it('is imported, and one of it invites a colleague, who accepts and sees what the team sees', async () => {
    const users = await query<{ email: string }>(database.ownerUrl, 'select "email" from "User" order by "id"')
    const { email = '' } = users[0] ?? {}
    const imported = await organizations.importMembers({
      users: { table: 'User' },
      owner: email,
      role: 'member',
      actor,
    })
    expect(imported).toMatchObject({ imported: users.length, owner: email })

    const owner = { type: 'user', id: await signIn(email) } as const
    const { id: organizationId } = database.first
    const sent = await tenancy.run({ organizationId, actor: owner }, () =>
      organizations.invite({ email: 'New.Colleague@example.com', role: 'viewer' }),
    )
    expect(sent).toMatchObject({ delivery: 'sent' })

    // The colleague opens the link of the message and signs up: who has an account is for FlakeGuard to say.
    const token = outbox[0]?.token ?? ''
    expect(await organizations.findInvitation(token)).toMatchObject({ slug: 'default', role: 'viewer' })
    await query(
      database.ownerUrl,
      `insert into "User" ("id", "email", "login", "updatedAt") values ('new', 'new.colleague@example.com', 'new', now())`,
    )
    const userId = await signIn('new.colleague@example.com')
    const accepted = await organizations.acceptInvitation({ token, userId, email: 'new.colleague@example.com' })
    expect(accepted).toMatchObject({ organizationId, role: 'viewer' })

    const colleague = { organizationId, actor: { type: 'user', id: userId } } as const
    const repositories = await tenancy.run(colleague, () => listRepositories(prisma, { limit: 10 }))
    expect(repositories.length).toBeGreaterThan(0)
    expect(await organizations.listMine(userId)).toMatchObject([{ slug: 'default', role: 'viewer' }])
    const invite = tenancy.run(colleague, () => organizations.invite({ email: 'friend@example.com', role: 'viewer' }))
    await expect(invite).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('lets its CI read with a key, and do nothing else', async () => {
    const { id: organizationId, memberIds } = database.first
    const rows = await query<{ id: string }>(
      database.ownerUrl,
      `select user_id as id from partywall.memberships where organization_id = $1 and role = 'owner'`,
      [organizationId],
    )
    const owner = { type: 'user', id: rows[0]?.id ?? '' } as const
    expect(memberIds).toContain(owner.id)
    const { text } = await tenancy.run({ organizationId, actor: owner }, () =>
      organizations.createApiKey({ name: 'CI', permissions: ['repositories:read'] }),
    )
    const caller = await organizations.authenticateApiKey(`Bearer ${text}`)
    expect(() => assertPermission(caller.membership, 'repositories:read')).not.toThrow()
    expect(() => assertPermission(caller.membership, 'repositories:write')).toThrow(
      expect.objectContaining({ code: 'PERMISSION_DENIED' }),
    )
    const repositories = await tenancy.run(caller, () => prisma.repository.findMany())
    expect(new Set(repositories.map(({ defaultBranch }) => defaultBranch))).toEqual(new Set([database.first.mark]))
  })
})
