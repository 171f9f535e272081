import { PrismaPg } from '@prisma/adapter-pg'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { createFilterDatabase, filterClientClass } from './filter-database.fixture.ts'
import type { FilterClient } from './filter-database.fixture.ts'
import { randomRead, randomWrite } from './random-operation.fixture.ts'
import type { KeyForm, RandomOperation } from './random-operation.fixture.ts'
import { scopedPrisma } from './scoped-prisma.ts'
import { tenantFilterExtension } from './tenant-filter-extension.ts'

// The same operations on every machine; another seed searches elsewhere, more runs search longer.
const search = {
  seed: Number(process.env['PARTYWALL_PROPERTY_SEED'] ?? 5),
  numRuns: Number(process.env['PARTYWALL_PROPERTY_RUNS'] ?? 150),
}

const tables = ['repositories', 'settings', 'tests', 'labels']

let database: TenantDatabase
let tenancy: Tenancy
let first: string
/** The owner, whom row level security does not bind: the extension alone isolates. */
let owner: FilterClient
/** The app, without the extension: row level security alone isolates. */
let app: FilterClient

beforeAll(async () => {
  const PrismaClient = await filterClientClass()
  database = await createFilterDatabase(2)
  first = database.organizations[0] as string
  tenancy = database.open()
  app = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
  const adapter = new PrismaPg({ connectionString: database.adminUrl, max: 1 })
  owner = new PrismaClient({ adapter }).$extends(tenantFilterExtension({ tenancy }))
})

afterAll(async () => {
  await app.$disconnect()
  await owner.$disconnect()
  await database[Symbol.asyncDispose]()
})

describe('tenantFilterExtension as the owner, without row level security', { timeout: 180_000 }, () => {
  it('gives what row level security gives for random reads', async () => {
    await fc.assert(fc.asyncProperty(randomRead, fc.boolean(), assertSame), search)
  })

  it('writes what row level security lets write, for random writes', async () => {
    await fc.assert(fc.asyncProperty(randomWrite, fc.boolean(), assertSame), search)
  })
})

interface Outcome {
  readonly answer: unknown
  readonly own: unknown
}

async function assertSame(operation: RandomOperation, shortKeys: boolean): Promise<void> {
  const whole: KeyForm = (name, fields) => ({ [name]: { orgId: first, ...fields } })
  const short: KeyForm = (name, fields) => (shortKeys ? fields : { [name]: fields })
  const [walled, filtered] = await tenancy.run({ organizationId: first }, async () => [
    await outcomeOf(app, operation, operation.args(whole)),
    await outcomeOf(owner, operation, operation.args(short)),
  ])
  expect(filtered, JSON.stringify(operation.args(whole))).toEqual(walled)
}

/** Runs an operation in a transaction that is undone: its answer, and the tenant's rows afterwards. */
async function outcomeOf(
  client: FilterClient,
  { model, operation }: RandomOperation,
  args: object,
): Promise<Outcome | { readonly code: string }> {
  let outcome: Outcome | undefined
  const undone = new Error('undone')
  try {
    await client.$transaction(
      async (tx) => {
        const others = await rowsOf(tx, '<>')
        const answer = await tx[model][operation as 'findMany'](args)
        expect(await rowsOf(tx, '<>')).toEqual(others)
        outcome = { answer: ordered(answer), own: await rowsOf(tx, '=') }
        throw undone
      },
      { maxWait: 60_000, timeout: 60_000 },
    )
  } catch (error) {
    if (error === undone && outcome !== undefined) return outcome
    const { code } = error as { code?: string }
    if (code === undefined) throw error
    return { code }
  }
  throw new Error('unreachable')
}

async function rowsOf(client: FilterClient, operator: '=' | '<>'): Promise<unknown> {
  const parts = tables.map((table) => `select to_jsonb(t) as r from ${table} t where org_id ${operator} '${first}'`)
  return ordered(await client.$queryRawUnsafe(parts.join(' union all ')))
}

/** Lists without an order have the one that the database chose. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(ordered).toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, ordered(one)]))
}
