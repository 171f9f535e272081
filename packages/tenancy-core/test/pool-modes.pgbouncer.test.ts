import { createContractDatabase } from '@partywall/testing/contract'
import type { ContractDatabase, ContractOrganization } from '@partywall/testing/contract'
import { startPgBouncer } from '@partywall/testing/pgbouncer'
import type { PgBouncer, PoolMode } from '@partywall/testing/pgbouncer'
import { testServer } from '@partywall/testing/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenancy } from '../src/index.ts'
import type { Tenancy, TenancyOptions } from '../src/index.ts'

const everyRow = 'select org_id from repositories where name <> $1'

let database: ContractDatabase
let first: ContractOrganization
let second: ContractOrganization
const opened: AsyncDisposable[] = []

beforeAll(async () => {
  database = await createContractDatabase(await testServer())
  ;[first, second] = [await database.createOrganization(), await database.createOrganization()]
})

afterAll(async () => {
  for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function open(poolMode: PoolMode, options: Partial<TenancyOptions> = {}): Promise<[Tenancy, PgBouncer]> {
  const adminUrl = (await testServer()).url()
  // In session mode a server connection belongs to its client for as long as that lives.
  const poolSize = poolMode === 'session' ? 12 : 2
  const bouncer = await startPgBouncer({ adminUrl, poolMode, poolSize, install: true })
  const pool = { connectionString: bouncer.through(database.appUrl), max: 12 }
  const tenancy = createTenancy({ preparedContext: false, ...options, pool })
  opened.push(bouncer, { [Symbol.asyncDispose]: () => tenancy.close() })
  return [tenancy, bouncer]
}

/** What many callers of both organizations got: the organizations of their rows, or the code of their error. */
async function ask(tenancy: Tenancy): Promise<unknown[]> {
  const callers = Array.from({ length: 80 }, (_, turn) => (turn % 2 === 0 ? first.id : second.id))
  const outcomes = await Promise.all(
    callers.map((organizationId) =>
      tenancy
        .run({ organizationId }, () => tenancy.pool.query(everyRow, ['nothing']))
        .then(
          ({ rows }) => (rows.length === 3 && rows.every((row) => row.org_id === organizationId) ? 'own' : 'FOREIGN'),
          (error: { code?: string }) => error.code,
        ),
    ),
  )
  return [...new Set(outcomes)]
}

describe('the pool through PgBouncer in transaction mode', () => {
  it('serves every tenant on two server connections', async () => {
    const [tenancy] = await open('transaction')
    expect(await ask(tenancy)).toEqual(['own'])
  })

  it('fails closed, and says what to pass, when it prepares through a version below 1.21', async () => {
    const [tenancy, bouncer] = await open('transaction', { preparedContext: true })
    const outcomes = await ask(tenancy)
    expect(outcomes).not.toContain('FOREIGN')
    const [major = 0, minor = 0] = bouncer.version.split('.').map(Number)
    if (major === 1 && minor < 21) expect(outcomes).toContain('CONTEXT_NOT_APPLIED')
    else expect(outcomes).toEqual(['own'])
  })
})

describe('the pool through PgBouncer in session mode', () => {
  it('serves every tenant, with what it prepares', async () => {
    const [tenancy] = await open('session', { preparedContext: true })
    expect(await ask(tenancy)).toEqual(['own'])
  })
})

describe('the pool through PgBouncer in statement mode', () => {
  it('serves single statements, whose context and text are one unit', async () => {
    const [tenancy] = await open('statement')
    expect(await ask(tenancy)).toEqual(['own'])
  })

  it('shows what PgBouncer says of a transaction, and serves the next caller', async () => {
    const [tenancy] = await open('statement')
    const transaction = tenancy.run({ organizationId: first.id }, async () => {
      const client = await tenancy.pool.connect()
      try {
        await client.query('begin')
        return await client.query(everyRow, ['nothing'])
      } finally {
        client.release()
      }
    })
    await expect(transaction).rejects.toMatchObject({ code: '08P01', message: /statement pooling mode/ })
    expect(await ask(tenancy)).toEqual(['own'])
  })
})
