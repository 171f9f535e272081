import type { AttackedOrganization, AttackedSite } from '@partywall/testing/http-attacks'
import { createTokenIssuer, createTokenVerifier } from 'host-parts-example'
import { peopleOf, siteOf, type AttackedHost } from 'host-parts-example/attacks'
import { createServer } from '../after/server.ts'
import { tokenNames } from '../src/tokens.ts'
import { createConvertedDatabase, type TestOrganization } from './create-converted-database.ts'
import { query } from './create-flakeguard-database.ts'

/** FlakeGuard under attack: two organizations, each with a repository, a test and a task of its own. */
export async function startAttackedHost(): Promise<Omit<AttackedSite, 'document'> & AsyncDisposable> {
  const database = await createConvertedDatabase({ scale: 0.01 })
  const { ownerUrl, appUrl: databaseUrl, operatorUrl, first, second } = database
  const issuer = await createTokenIssuer(tokenNames)
  const verifyToken = createTokenVerifier({ keys: issuer.findKey, ...tokenNames })
  const app = await createServer({ databaseUrl, operatorUrl, verifyToken, writeLog: () => undefined })
  const admin = (sql: string, values: readonly unknown[]): Promise<object[]> => query(ownerUrl, sql, [...values])
  const user = 'insert into "User" ("id", "email", "login", "updatedAt") values ($1, $2, $1, now())'
  const host: AttackedHost = {
    origin: await app.listen({ port: 0, host: '127.0.0.1' }),
    issuer,
    names: tokenNames,
    admin,
    signUp: ({ id, email }) => admin(user, [id, email]),
  }
  const victim = await populate(host, first)
  const rival = await populate(host, second)
  return {
    ...(await siteOf(host, { victim, rival })),
    valueFor: ({ name }) => (name === 'expiresAt' ? '2099-01-01T00:00:00Z' : undefined),
    // The schemas of Fastify's routes are read before its `preHandler` hooks.
    readsInputFirst: true,
    async [Symbol.asyncDispose]() {
      await app.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Rows as there are others, with ids that only this organization has. */
async function populate(host: AttackedHost, { id, slug }: TestOrganization): Promise<AttackedOrganization> {
  const marker = `marked-${slug}`
  const ids = { repository: `${slug}-repository`, testCase: `${slug}-test`, task: `${slug}-task` }
  const copy = (table: string, changes: object): Promise<unknown> =>
    host.admin(
      `insert into "${table}" select (jsonb_populate_record(t, $2::jsonb)).* from "${table}" t where "orgId" = $1 limit 1`,
      [id, JSON.stringify(changes)],
    )
  const githubId = slug === 'default' ? 987_654_321 : 987_654_322
  await copy('Repository', { id: ids.repository, fullName: `${marker}/repository`, githubId })
  await copy('RepositorySettings', { repositoryId: ids.repository, lastTaskNumber: 1 })
  await copy('TestCase', { id: ids.testCase, repositoryId: ids.repository, testSuiteId: null, name: marker })
  const ownTask = { parentId: null, testCaseId: null, assigneeId: null, number: 1, title: marker }
  const creatorId = `${slug}-owner`
  const organization = await peopleOf(host, {
    id,
    slug,
    marker,
    idFor: ({ route, in: where, name }) => {
      if (where === 'path') return route.path.startsWith('/tasks') ? ids.task : ids.repository
      if (name === 'repositoryId') return ids.repository
      if (name === 'testCaseId') return ids.testCase
      if (name === 'parentId') return ids.task
      return name === 'assigneeId' ? creatorId : undefined
    },
  })
  await copy('Task', { id: ids.task, repositoryId: ids.repository, creatorId, ...ownTask })
  return organization
}
