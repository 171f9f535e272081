import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { scopedPrisma } from '@partywall/tenancy-core/prisma'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrismaClient } from '../generated/client.ts'
import { listFlakyTests } from '../src/queries/flaky-tests.ts'
import { quarantineTest } from '../src/queries/quarantine.ts'
import { findRepository, listRepositories } from '../src/queries/repositories.ts'
import { readStats } from '../src/queries/stats.ts'
import { createTask, listTasks, updateTask } from '../src/queries/tasks.ts'
import { listTestResults } from '../src/queries/test-results.ts'
import { findMe } from '../src/queries/users.ts'
import {
  createConvertedDatabase,
  type ConvertedDatabase,
  type TestOrganization,
} from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'

let database: ConvertedDatabase
let tenancy: Tenancy
let prisma: PrismaClient
let both: readonly [TestOrganization, TestOrganization]

beforeAll(async () => {
  database = await createConvertedDatabase()
  both = [database.first, database.second]
  tenancy = createTenancy({
    pool: { connectionString: database.appUrl, max: 5 },
    operator: { connectionString: database.operatorUrl },
  })
  prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
})

afterAll(async () => {
  await prisma.$disconnect()
  await tenancy.close()
  await database[Symbol.asyncDispose]()
})

/** Runs the same work for both organizations at the same time, many times over. */
async function inBoth<Result>(
  work: (organization: TestOrganization) => Promise<Result>,
  times = 10,
): Promise<readonly (readonly [TestOrganization, Result])[]> {
  const turns = Array.from({ length: times }, () => both).flat()
  return await Promise.all(
    turns.map(async (one) => [one, await tenancy.run({ organizationId: one.id }, () => work(one))] as const),
  )
}

/** A value that both organizations have, by the owner, who sees all rows. */
async function shared(text: string): Promise<string> {
  const rows = await query<{ id: string }>(database.ownerUrl, text)
  expect(rows.length).toBeGreaterThan(0)
  return rows[0]?.id ?? ''
}

const repositoryOfBoth = `select "id" from "Repository" group by 1 having count(*) = 2 order by 1 limit 1`

describe('FlakeGuard after its conversion', () => {
  it('lists the repositories of the organization that asks', async () => {
    for (const [one, repositories] of await inBoth(() => listRepositories(prisma, { limit: 200 }))) {
      expect(repositories).toHaveLength(12)
      expect(new Set(repositories.map(({ defaultBranch }) => defaultBranch))).toEqual(new Set([one.mark]))
    }
  })

  it('finds, of two repositories with the same id, its own', async () => {
    const id = await shared(repositoryOfBoth)
    for (const [one, repository] of await inBoth(() => findRepository(prisma, id))) {
      expect(repository.defaultBranch).toBe(one.mark)
    }
  })

  it('counts only its own rows in a batch transaction', async () => {
    expect(database.first.resultCount).not.toBe(database.second.resultCount)
    for (const [one, stats] of await inBoth(() => readStats(prisma))) {
      expect(Object.values(stats.results).reduce((sum, count) => sum + count, 0)).toBe(one.resultCount)
    }
  })

  it('keeps raw SQL, the view and the function within the organization', async () => {
    const [row] = await query<{ id: string }>(
      database.ownerUrl,
      'select "repositoryId" as id from "FlakiestTests" group by 1 order by max("runs") desc limit 1',
    )
    const repositoryId = row?.id ?? ''
    for (const [one, tests] of await inBoth(() => listFlakyTests(prisma, { repositoryId, limit: 200 }))) {
      const [own] = await query<{ count: number }>(
        database.ownerUrl,
        `select count(*)::integer as count from (
           select c."id" from "TestCase" c
           join "TestResult" r on (r."orgId", r."testCaseId") = (c."orgId", c."id")
           join "RepositorySettings" s on (s."orgId", s."repositoryId") = (c."orgId", c."repositoryId")
           where c."orgId" = $1 and c."repositoryId" = $2 and r."status" <> 'skipped'
           group by c."id", s."flakeThreshold"
           having bool_or(r."status" = 'passed') and bool_or(r."status" in ('failed', 'error'))
             and avg((r."status" in ('failed', 'error'))::integer) >= s."flakeThreshold"
         ) flaky`,
        [one.id, repositoryId],
      )
      expect(tests).toHaveLength(own?.count ?? -1)
    }
  })

  it('reaches related rows of the organization only', async () => {
    const marked = await inBoth(async () => {
      const [results, tasks] = await Promise.all([
        listTestResults(prisma, { limit: 50 }),
        listTasks(prisma, { limit: 50 }),
      ])
      const ids = results.map(({ testCaseId }) => testCaseId)
      const cases = await prisma.testCase.findMany({ where: { id: { in: ids } }, include: { repository: true } })
      return { branches: cases.map(({ repository }) => repository.defaultBranch), tasks: tasks.length }
    })
    for (const [one, { branches }] of marked) expect(new Set(branches)).toEqual(new Set([one.mark]))
  })

  it('creates tasks in its own organization, numbered by its own counter', async () => {
    const repositoryId = await shared(repositoryOfBoth)
    const before = await lastNumbers(repositoryId)
    const created = await inBoth(
      (one) =>
        createTask(prisma, {
          repositoryId,
          creatorId: one.memberIds[0] ?? '',
          assigneeId: one.memberIds[1] ?? '',
          title: `Made in ${one.slug}`,
          labels: ['flaky', 'made-now'],
          comment: 'A comment',
        }),
      5,
    )
    const rows = await query<{ id: string; org: string; title: string; labels: string[]; notified: number }>(
      database.ownerUrl,
      `select t."id", t."orgId"::text as org, t."title",
         array(select distinct l."orgId"::text from "_TaskLabels" j join "Label" l on (l."orgId", l."id") = (j."orgId", j."A")
               where (j."orgId", j."B") = (t."orgId", t."id")) as labels,
         (select count(*)::integer from "Notification" n where (n."orgId", n."taskId") = (t."orgId", t."id")) as notified
       from "Task" t where t."title" like 'Made in %'`,
    )
    expect(rows).toHaveLength(created.length)
    for (const row of rows) {
      const one = both.find(({ slug }) => row.title === `Made in ${slug}`)
      expect(row).toMatchObject({ org: one?.id, labels: [one?.id], notified: 1 })
    }
    const after = await lastNumbers(repositoryId)
    for (const { id } of both) expect((after.get(id) ?? 0) - (before.get(id) ?? 0)).toBe(5)
  })

  it('changes, of two tasks with the same id, its own', async () => {
    const id = 'a-task-of-both'
    const repositoryId = await shared(repositoryOfBoth)
    for (const one of both) {
      await query(
        database.ownerUrl,
        `insert into "Task" ("orgId", "id", "repositoryId", "creatorId", "number", "title", "updatedAt")
         values ($1, $2, $3, $4, 9000, 'As it was', now())`,
        [one.id, id, repositoryId, one.memberIds[0]],
      )
    }
    await inBoth((one) => updateTask(prisma, id, { title: `Changed by ${one.slug}` }), 3)
    const rows = await query(database.ownerUrl, 'select "orgId"::text as org, "title" from "Task" where "id" = $1', [
      id,
    ])
    const expected = both.map((one) => ({ org: one.id, title: `Changed by ${one.slug}` }))
    expect(rows).toEqual(expect.arrayContaining(expected) as unknown)
    expect(rows).toHaveLength(2)
  })

  it('quarantines in one organization and leaves the other alone', async () => {
    const [test] = await query<{ id: string; repositoryId: string }>(
      database.ownerUrl,
      `select c."id", c."repositoryId" from "TestCase" c
       where not exists (select from "QuarantineDecision" q where q."testCaseId" = c."id")
       group by 1, 2 having count(*) = 2 order by 1 limit 1`,
    )
    const { id: testCaseId = '', repositoryId = '' } = test ?? {}
    const [, member = ''] = database.second.memberIds
    await tenancy.run({ organizationId: database.second.id }, () =>
      quarantineTest(prisma, { repositoryId, testCaseId, reason: 'Only here', decidedById: member }),
    )
    const rows = await query(
      database.ownerUrl,
      'select distinct "orgId"::text as org from "QuarantineDecision" where "testCaseId" = $1',
      [testCaseId],
    )
    expect(rows).toEqual([{ org: database.second.id }])
  })

  it('does not know people of other organizations', async () => {
    const repositoryId = await shared(repositoryOfBoth)
    const { second, strangerId } = database
    const [creatorId = ''] = second.memberIds
    await tenancy.run({ organizationId: second.id }, async () => {
      await expect(findMe(prisma, strangerId)).rejects.toMatchObject({ statusCode: 404 })
      const task = { repositoryId, creatorId, title: 'For a stranger', labels: [], assigneeId: strangerId }
      await expect(createTask(prisma, task)).rejects.toMatchObject({ statusCode: 422 })
    })
  })

  it('answers nothing outside a scope', async () => {
    await expect(listRepositories(prisma, { limit: 1 })).rejects.toThrow('No tenant is in scope')
  })
})

async function lastNumbers(repositoryId: string): Promise<Map<string, number>> {
  const rows = await query<{ org: string; last: number }>(
    database.ownerUrl,
    'select "orgId"::text as org, "lastTaskNumber" as last from "RepositorySettings" where "repositoryId" = $1',
    [repositoryId],
  )
  return new Map(rows.map(({ org, last }) => [org, last]))
}
