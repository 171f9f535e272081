import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { scopedPrisma, tenantFilterExtension } from '@partywall/tenancy-core/prisma'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openContractedClient, type Answer, type ContractedClient } from '../test/contracted-client.ts'
import {
  createConvertedDatabase,
  type ConvertedDatabase,
  type TestOrganization,
} from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'

const callers = 64
const sent: string[] = []

let database: ConvertedDatabase
let contracted: Awaited<ReturnType<typeof openContractedClient>>
let tenancy: Tenancy
let native: ContractedClient
let filtered: ContractedClient
let both: readonly [TestOrganization, TestOrganization]
/** A repository of both organizations. */
let fullName: string
let repositoryId: string

beforeAll(async () => {
  database = await createConvertedDatabase()
  both = [database.first, database.second]
  contracted = await openContractedClient(database.ownerUrl)
  tenancy = createTenancy({ pool: { connectionString: database.appUrl, max: 8 } })
  native = scopedPrisma(
    tenancy,
    (adapter) => new contracted.PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] }),
  )
  native.$on('query', (event) => sent.push(event.query))
  filtered = native.$extends(tenantFilterExtension({ tenancy, field: 'orgId' }))
  const [row] = await query<{ id: string; name: string }>(
    database.ownerUrl,
    'select "id", "fullName" as name from "Repository" group by 1, 2 having count(*) = 2 order by 1 limit 1',
  )
  fullName = row?.name ?? ''
  repositoryId = row?.id ?? ''
})

afterAll(async () => {
  await native.$disconnect()
  await tenancy.close()
  await contracted[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Many callers at once, of both organizations in turn, each with a number of its own. */
async function atOnce(work: (organization: TestOrganization, turn: number) => Promise<unknown>): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: callers }, async (_, turn) => {
      const one = both[turn % 2] as TestOrganization
      return [one.id, await tenancy.run({ organizationId: one.id }, () => work(one, turn))] as const
    }),
  )
  const foreign = answers.flatMap(([id, answer]) => ownersIn(answer).filter((owner) => owner !== id))
  expect(foreign).toEqual([])
  for (const [, answer] of answers) expect(ownersIn(answer)).not.toEqual([])
}

/** The owners of all rows in an answer, however deep. */
function ownersIn(answer: unknown): readonly unknown[] {
  if (typeof answer !== 'object' || answer === null) return []
  const { orgId } = answer as { orgId?: unknown }
  return [...(orgId === undefined ? [] : [orgId]), ...Object.values(answer).flatMap(ownersIn)]
}

/** Keys as Prisma's types ask for them, and as the extension takes them. */
describe.each([
  ['Prisma alone', () => native, (key: string, orgId: string, fields: object) => ({ [key]: { orgId, ...fields } })],
  ['with the extension', () => filtered, (key: string, _: string, fields: object) => ({ [key]: fields })],
  ['with the extension, by the fields alone', () => filtered, (_: string, __: string, fields: object) => fields],
] as const)('compound keys after the conversion: %s', (_, client, keyOf) => {
  let prisma: ContractedClient

  beforeAll(() => {
    prisma = client()
  })

  /** What a new row says of its tenant: nothing, with the extension. */
  const tenantOf = (one: TestOrganization): object => (prisma === native ? { orgId: one.id } : {})

  it('finds, by keys that both organizations have', async () => {
    await atOnce(async ({ id }) => {
      const [byName, byId, ...tasks] = await Promise.all([
        prisma.repository['findUnique']?.({
          where: keyOf('orgId_fullName', id, { fullName }),
          include: { settings: true },
        }),
        prisma.repository['findUniqueOrThrow']?.({ where: keyOf('orgId_id', id, { id: repositoryId }) }),
        prisma.task['findMany']?.({ take: 2, orderBy: { id: 'asc' }, include: { repository: true } }),
      ])
      expect([byName?.['id'], byId?.['fullName']]).toEqual([repositoryId, fullName])
      return [byName, byId, tasks]
    })
  })

  it('upserts in one statement, once for each organization', async () => {
    const name = `upserted ${callers} times`
    sent.length = 0
    await atOnce(async (one) => {
      const where = keyOf('orgId_repositoryId_name', one.id, { repositoryId, name })
      const create = { ...tenantOf(one), repositoryId, name, color: '000001' }
      return await prisma.label['upsert']?.({ where, create, update: { color: '000002' } })
    })
    expect(new Set(sent.map((text) => /^\w+|ON CONFLICT \([^)]*\)/g.exec(text)?.[0]))).toEqual(new Set(['INSERT']))
    expect(sent).toHaveLength(callers)
    for (const text of sent) expect(text).toContain('ON CONFLICT ("orgId","repositoryId","name") DO UPDATE')
    const rows = await query(
      database.ownerUrl,
      'delete from "Label" where "name" = $1 returning "orgId"::text, "color"',
      [name],
    )
    expect(rows).toHaveLength(2)
    expect(rows).toEqual(expect.arrayContaining(both.map(({ id }) => ({ orgId: id, color: '000002' }))))
  })

  it('creates, connects, updates and deletes', async () => {
    await atOnce(async (one, turn) => {
      const title = `turn ${turn}`
      const label = { repositoryId, name: `label ${turn}` }
      const repository = { connect: keyOf('orgId_fullName', one.id, { fullName }) }
      const key = keyOf('orgId_repositoryId_name', one.id, label)
      const [creatorId = ''] = one.memberIds
      const created = await prisma.task['create']?.({
        data: {
          title,
          number: 100_000 + turn,
          creator: { connect: { id: creatorId } },
          repository,
          labels: { create: { label: { connectOrCreate: { where: key, create: { name: label.name, repository } } } } },
        },
        include: { repository: true, labels: { include: { label: true } } },
      })
      const taskKey = keyOf('orgId_id', one.id, { id: created?.['id'] })
      const updated = await prisma.task['update']?.({
        where: keyOf('orgId_repositoryId_number', one.id, { repositoryId, number: 100_000 + turn }),
        data: {
          title: `${title} changed`,
          comments: { create: { body: 'x', author: { connect: { id: creatorId } } } },
        },
        include: { comments: true },
      })
      const moved = await prisma.$transaction(
        async (tx) => {
          const child = await tx.task['create']?.({
            data: {
              title,
              number: 200_000 + turn,
              creator: { connect: { id: creatorId } },
              repository,
              parent: { connect: taskKey },
            },
            include: { parent: true },
          })
          await tx.task['delete']?.({ where: keyOf('orgId_id', one.id, { id: child?.['id'] }) })
          return child as Answer
        },
        { maxWait: 60_000, timeout: 60_000 },
      )
      const batch = await prisma.$transaction([
        prisma.task['delete']?.({ where: taskKey }) as Promise<Answer>,
        prisma.label['delete']?.({ where: key }) as Promise<Answer>,
      ])
      return [created, updated, moved, batch]
    })
    const left = await query(
      database.ownerUrl,
      `select 1 from "Task" where "number" >= 100000 union all select 1 from "Label" where "name" like 'label %'`,
    )
    expect(left).toEqual([])
  })

  it('finds and changes nothing by the key of the other organization', async () => {
    const [own, other] = both
    const where = { orgId_fullName: { orgId: other.id, fullName } }
    await tenancy.run({ organizationId: own.id }, async () => {
      expect(await prisma.repository['findUnique']?.({ where })).toBeNull()
      await expect(prisma.repository['update']?.({ where, data: { isPrivate: true } })).rejects.toMatchObject({
        code: 'P2025',
      })
      await expect(prisma.repository['delete']?.({ where })).rejects.toMatchObject({ code: 'P2025' })
      const task = {
        title: 'x',
        number: 1,
        creator: { connect: { id: own.memberIds[0] } },
        repository: { connect: where },
      }
      await expect(prisma.task['create']?.({ data: task })).rejects.toMatchObject({ code: 'P2025' })
      const key = { orgId_repositoryId_name: { orgId: other.id, repositoryId, name: 'stolen' } }
      const create = { orgId: other.id, repositoryId, name: 'stolen' }
      await expect(prisma.label['upsert']?.({ where: key, create, update: {} })).rejects.toMatchObject({
        code: prisma === native ? 'P2039' : 'TENANT_MISMATCH',
      })
    })
  })
})
