import type { StartStoryHost } from 'host-parts-example/story'
import { createServer } from '../after/server.ts'
import { createConvertedDatabase, type TestOrganization } from './create-converted-database.ts'
import { query } from './create-flakeguard-database.ts'

/** FlakeGuard for the story: everybody is a member somewhere, and each organization has an owner who is in no other. */
export const startStoryHost: StartStoryHost = async ({ verifyToken, mailer, writeLog }) => {
  const database = await createConvertedDatabase()
  const { ownerUrl, appUrl, operatorUrl, first, second } = database
  const mineOwner = database.strangerId
  const otherOwner = second.memberIds[0] ?? ''
  await own(ownerUrl, first, mineOwner)
  await own(ownerUrl, second, otherOwner)
  await query(ownerUrl, 'delete from partywall.memberships where organization_id = $1 and user_id = $2', [
    first.id,
    otherOwner,
  ])
  const onlyMine = 'only-of-the-first'
  await query(
    ownerUrl,
    `insert into "Repository"
     select (jsonb_populate_record(r, $2::jsonb)).* from "Repository" r where "orgId" = $1 order by "id" limit 1`,
    [first.id, JSON.stringify({ id: onlyMine, fullName: 'only/mine', githubId: 987_654_321 })],
  )
  const app = await createServer({ databaseUrl: appUrl, operatorUrl, verifyToken, mailer, writeLog })
  return {
    origin: await app.listen({ port: 0, host: '127.0.0.1' }),
    mine: { ...first, ownerId: mineOwner },
    other: { ...second, ownerId: otherOwner },
    list: '/repositories',
    marksOf: (body) => (body as { defaultBranch: string }[]).map(({ defaultBranch }) => defaultBranch),
    item: `/repositories/${onlyMine}`,
    write: { path: '/tasks', body: { repositoryId: onlyMine, title: 'From the story' } },
    async signUp({ id, email }) {
      const user = 'insert into "User" ("id", "email", "login", "updatedAt") values ($1, $2, $1, now())'
      await query(ownerUrl, user, [id, email])
    },
    async [Symbol.asyncDispose]() {
      await app.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

async function own(ownerUrl: string, organization: TestOrganization, userId: string): Promise<void> {
  await query(ownerUrl, `update partywall.memberships set role = 'owner' where organization_id = $1 and user_id = $2`, [
    organization.id,
    userId,
  ])
}
