import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { scopedPrisma } from '@partywall/tenancy-core/prisma'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrismaClient } from '../generated/client.ts'
import {
  createConvertedDatabase,
  type ConvertedDatabase,
  type TestOrganization,
} from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'
import { clientCalls, nestedCalls, reads, writes, type OperationCaller } from '../test/prisma-operations.ts'

const callers = 64
const operations = Object.entries({ ...reads, ...writes, ...clientCalls, ...nestedCalls })

let database: ConvertedDatabase
let tenancy: Tenancy
let prisma: PrismaClient
let known: readonly (Omit<OperationCaller, 'fresh'> & { readonly id: string })[]

beforeAll(async () => {
  database = await createConvertedDatabase()
  const both = [database.first, database.second]
  known = await Promise.all(both.map((one, index) => describeRows(one, ['aaaaaa', 'bbbbbb'][index] ?? '')))
  tenancy = createTenancy({ pool: { connectionString: database.appUrl, max: 8 } })
  // 64 callers wait for 8 connections.
  const transactionOptions = { maxWait: 120_000, timeout: 120_000 }
  prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter, transactionOptions }))
})

afterAll(async () => {
  await prisma.$disconnect()
  await tenancy.close()
  await database[Symbol.asyncDispose]()
})

/** Gives every label of the organization its color, and finds rows whose ids both organizations have. */
async function describeRows(one: TestOrganization, color: string): Promise<(typeof known)[number]> {
  await query(database.ownerUrl, 'update "Label" set "color" = $1 where "orgId" = $2', [color, one.id])
  const idOf = async (table: string): Promise<string> => {
    const sql = `select "id" from "${table}" group by 1 having count(*) = 2 order by 1 limit 1`
    const [row] = await query<{ id: string }>(database.ownerUrl, sql)
    if (row === undefined) throw new Error(`the organizations have no ${table} of the same id`)
    return row.id
  }
  const [repositoryId, labelId, testCaseId] = await Promise.all(['Repository', 'Label', 'TestCase'].map(idOf))
  return { ...one, color, repositoryId, labelId, testCaseId, memberId: one.memberIds[0] } as (typeof known)[number]
}

interface Seen {
  readonly operation: string
  readonly seen: readonly unknown[]
  readonly foreign: readonly unknown[]
}

/** One caller: every operation once, each in the organization of its turn; its neighbor does the same in the other. */
async function callEverything(caller: number): Promise<readonly Seen[]> {
  const answers: Seen[] = []
  const pair = Math.floor(caller / 2)
  for (let turn = 0; turn < operations.length; turn += 1) {
    const [operation, run] = operations[(turn + pair) % operations.length] as (typeof operations)[number]
    const own = known[(caller + turn) % 2] as (typeof known)[number]
    const call = { ...own, fresh: `fresh-${pair}-${turn}` }
    const seen = await tenancy.run({ organizationId: own.id }, () => run(prisma, call))
    const allowed: unknown[] = [own.mark, own.color, own.resultCount]
    answers.push({ operation, seen, foreign: seen.filter((value) => !allowed.includes(value)) })
  }
  return answers
}

describe('64 callers of two organizations whose rows have the same ids', () => {
  it('see no foreign row through any operation of Prisma', async () => {
    const answers = (await Promise.all(Array.from({ length: callers }, (_, caller) => callEverything(caller)))).flat()
    expect(answers.filter(({ foreign }) => foreign.length > 0)).toEqual([])
    expect(answers.filter(({ seen }) => seen.length === 0)).toEqual([])
    expect(answers).toHaveLength(callers * operations.length)
  })

  it('have written no row of the other organization', async () => {
    const [first, second] = known
    const rows = await query<{ kind: string; org: string; shown: string; count: number }>(
      database.ownerUrl,
      `select kind, "orgId"::text as org, shown, count(*)::int as count from (
         select 'label' as kind, "orgId", "color"::text as shown from "Label"
         union all select 'repository', "orgId", "defaultBranch" from "Repository"
         union all select 'task', "orgId", "body" from "Task" where "title" like 'fresh-%'
         union all select 'comment', "orgId", "body" from "TaskComment" where "body" like 'main-of-%'
       ) written group by 1, 2, 3 order by 1, 2`,
    )
    const expected = [first, second].flatMap((one) =>
      [one?.color, one?.mark, one?.mark, one?.mark].map((shown, index) => ({
        kind: ['label', 'repository', 'task', 'comment'][index],
        org: one?.id,
        shown,
      })),
    )
    expect(rows).toHaveLength(expected.length)
    expect(rows).toEqual(
      expect.arrayContaining(expected.map((row) => expect.objectContaining(row) as unknown)) as unknown,
    )
  })

  it('use every operation that a model of Prisma has', () => {
    const offered = Object.keys(prisma.label).filter((name) => typeof Reflect.get(prisma.label, name) === 'function')
    expect(offered.length).toBeGreaterThan(10)
    const ofMongoDb = ['findRaw', 'aggregateRaw']
    expect(offered.filter((name) => !(name in reads) && !(name in writes))).toEqual(ofMongoDb)
  })
})
