import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id from repositories'
const tenantNow = `select current_setting('app.current_tenant_id', true) as tenant`

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  tenancy = database.open({ pool: { max: 1 } })
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** Runs texts one after the other on one client, and answers with the results, or the SQLSTATE of what failed. */
async function play(...texts: readonly string[]): Promise<readonly unknown[]> {
  return await tenancy.run({ organizationId: first }, async () => {
    const client = await tenancy.pool.connect()
    const results: unknown[] = []
    for (const text of texts) {
      results.push(
        await client.query(text).then(
          ({ rows }: pg.QueryResult) => rows,
          (error: { code?: string }) => error.code,
        ),
      )
    }
    client.release()
    return results
  })
}

const own = (): unknown => Array.from({ length: 5 }, () => ({ org_id: first }))

/** Counts how often the tenant is sent while `work` runs. */
async function contextsSent(work: () => Promise<unknown>): Promise<number> {
  const client = await tenancy.run({ organizationId: first }, () => tenancy.pool.connect())
  client.release()
  const [idle] = Reflect.get(tenancy.pool, '_idle') as {
    client: { connection: { bind: (message: unknown) => void } }
  }[]
  const { connection } = (idle as NonNullable<typeof idle>).client
  const bind = connection.bind.bind(connection)
  let count = 0
  connection.bind = (message) => {
    if (String(Reflect.get(message as object, 'statement')).startsWith('partywall_context')) count += 1
    bind(message)
  }
  await work()
  connection.bind = bind
  return count
}

describe('a transaction', () => {
  it('is scoped from its first statement to its last, with the tenant sent once', async () => {
    let results: readonly unknown[] = []
    const count = await contextsSent(async () => {
      results = await play('begin', everyRow, everyRow, 'savepoint a', everyRow, 'release a', everyRow, 'commit')
    })
    expect(results).toEqual([[], own(), own(), [], own(), [], own(), []])
    expect(count).toBe(1)
  })

  it.each(['BEGIN', '/* why */ begin work', '-- x\nSTART TRANSACTION READ ONLY', 'bEgIn isolation level serializable'])(
    'is recognized when it begins with %j',
    async (begin) => {
      expect(await play(begin, everyRow, everyRow, 'end')).toEqual([[], own(), own(), []])
    },
  )

  it('takes its isolation level after BEGIN, as ORMs send it', async () => {
    const results = await play(
      'begin',
      'set transaction isolation level repeatable read',
      'show transaction_isolation',
      everyRow,
      'commit',
    )
    expect(results).toEqual([[], [], [{ transaction_isolation: 'repeatable read' }], own(), []])
  })

  it('takes its locks before its first snapshot', async () => {
    await database.admin(`grant update on repositories to "${database.appRole}"`)
    const results = await play(
      'begin isolation level repeatable read',
      'lock table repositories in row exclusive mode',
      `select pg_current_snapshot() is not null as taken`,
      'commit',
    )
    expect(results).toEqual([[], [], [{ taken: true }], []])
  })

  it('has its tenant again after a rollback to a savepoint that precedes it, sent only then', async () => {
    let results: readonly unknown[] = []
    const count = await contextsSent(async () => {
      results = await play('begin', 'savepoint a', everyRow, 'rollback to a', everyRow, everyRow, 'commit')
    })
    expect(results).toEqual([[], [], own(), [], own(), own(), []])
    expect(count).toBe(2)
  })

  it('has its tenant after an error and a rollback to a savepoint', async () => {
    const results = await play(
      'begin',
      everyRow,
      'savepoint a',
      'select 1/0',
      everyRow,
      'rollback work to savepoint a',
      everyRow,
      'commit',
    )
    expect(results).toEqual([[], own(), [], '22012', '25P02', [], own(), []])
  })

  it('has its tenant after an error in its very first statement', async () => {
    const results = await play('begin', 'savepoint a', 'select 1/0', 'rollback to a', everyRow, 'rollback', everyRow)
    expect(results).toEqual([[], [], '22012', [], own(), [], own()])
  })

  it.each(['commit and chain', 'rollback and chain'])(
    'has its tenant in the transaction that %j opens',
    async (chain) => {
      expect(await play('begin', everyRow, chain, everyRow, 'commit')).toEqual([[], own(), [], own(), []])
    },
  )

  it('leaves no tenant behind', async () => {
    await play('begin', everyRow, 'commit')
    const { rows } = await tenancy.bootstrap(() => tenancy.pool.query(tenantNow))
    expect(rows).toEqual([{ tenant: '' }])
  })

  it('has its tenant in the transaction after one that fails at its commit', async () => {
    await database.admin('create table once (n int unique deferrable initially deferred)')
    await database.admin(`grant insert on once to "${database.appRole}"`)
    const twice = 'insert into once values (1), (1)'
    const results = await play('begin', everyRow, twice, 'commit', 'begin', everyRow, 'commit', everyRow)
    expect(results).toEqual([[], own(), [], '23505', [], own(), [], own()])
  })

  it('rolls back', async () => {
    const results = await play('begin', `insert into repositories (name) values ('gone')`, 'rollback', everyRow)
    expect(results).toEqual([[], [], [], own()])
  })

  it('is scoped when statements stand between transactions', async () => {
    expect(await play(everyRow, 'begin', 'commit', everyRow, 'savepoint x', everyRow)).toEqual([
      own(),
      [],
      [],
      own(),
      '25P01',
      own(),
    ])
  })

  it('does not reach into the transaction of the next tenant on the connection', async () => {
    await play('begin', everyRow, 'rollback')
    const rows = await tenancy.run({ organizationId: second }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      const result = await client.query(everyRow)
      await client.query('commit')
      client.release()
      return result.rows
    })
    expect(rows).toEqual(Array.from({ length: 5 }, () => ({ org_id: second })))
  })
})
