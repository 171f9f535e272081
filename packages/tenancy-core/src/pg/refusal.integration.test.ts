import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import type { TenancyEvent } from '../tenancy-event.ts'

const everyRow = 'select org_id from repositories'

let database: TenantDatabase
let tenancy: Tenancy
let events: TenancyEvent[]
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  events = []
  tenancy = database.open({ pool: { max: 1 }, onEvent: (event) => void events.push(event) })
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

const refused = [
  `set app.current_tenant_id = 'x'`,
  `/* */ SET SESSION "app".current_tenant_id to 'x'`,
  `set local app . CURRENT_TENANT_ID = 'x'`,
  'reset app.current_tenant_id',
  'reset all',
  'set role none',
  'set row_security = off',
  'set local row_security to off',
  'create table pg_temp.kept as select 1 as n',
  'create function "pg_temp".kept() returns int language sql as $$ select 1 $$',
  'set session authorization default',
  'reset role',
  'reset session authorization',
  `set local role 'x'`,
  'discard all',
  `select set_config('app.current_tenant_id', 'x', false)`,
  `select pg_catalog."set_config"  ( -- c\n 'App.Current_tenant_id', 'x', true)`,
  `select set_config(k, 'x', false) from (values ('app.current_tenant_id')) v(k)`,
  `select set_config($1, 'x', false)`,
  `with a as (select set_config(E'app.current\\u005ftenant_id', 'x', false)) select * from a`,
  `select set_config('ro' || 'le', 'x', false)`,
  `prepare transaction 'x'`,
  'declare c cursor with hold for select 1',
  'create temp table t (a int)',
  'create local temporary table t as select * from repositories',
  'select * into temp t from repositories',
  `alter database postgres set app.current_tenant_id = 'x'`,
  `alter role current_user set app.current_tenant_id = 'x'`,
]

const refusedOnPool = [
  'begin',
  '  /* a /* nested */ comment */ -- and another\n BEGIN',
  'start transaction',
  'commit',
  'end',
  'rollback',
  'abort',
  'savepoint a',
  'release a',
  'rollback to a',
]

describe('a statement that would outlive its unit', () => {
  it.each(refused)('is refused before it is sent: %s', async (text) => {
    await tenancy.run({ organizationId: first }, async () => {
      await expect(tenancy.pool.query(text)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
      const client = await tenancy.pool.connect()
      await client.query('begin')
      await expect(client.query(text)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
      await client.query('rollback')
      client.release()
    })
  })

  it.each(refusedOnPool)('is refused on the pool: %j', async (text) => {
    const query = tenancy.run({ organizationId: first }, () => tenancy.pool.query(text))
    await expect(query).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
  })

  it('is told by callback where the caller gave one', async () => {
    const error = await tenancy.run(
      { organizationId: first },
      () => new Promise((resolve) => tenancy.pool.query('begin', (failure: Error) => resolve(failure))),
    )
    expect(error).toMatchObject({ code: 'STATEMENT_REFUSED' })
  })

  it('is refused among other statements', async () => {
    const query = tenancy.run({ organizationId: first }, () => tenancy.pool.query('select 1; select 2'))
    await expect(query).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
  })

  it.each([
    'select 1;',
    `select ';'`,
    `select 'set role'`,
    `select set_config('app.user', 'x', true)`,
    `set statement_timeout = '10s'`,
    `select 1 as "begin; commit"`,
    `do $$ begin perform 1; end $$`,
    `insert into repositories (name) values ('on commit'), ('temp') returning name`,
    '-- only a comment',
    '',
  ])('is not mistaken for: %j', async (text) => {
    await expect(tenancy.run({ organizationId: first }, () => tenancy.pool.query(text))).resolves.toBeDefined()
  })
})

describe('a connection that keeps a tenant', () => {
  const poison = (organizationId: string): string =>
    `do $$ begin perform set_config('app.current_tenant_id', '${organizationId}', false); end $$`

  it('is closed, and the next statement runs on another, once', async () => {
    events.length = 0
    await tenancy.run({ organizationId: first }, () => tenancy.pool.query(poison(first)))
    const { rows } = await tenancy.run({ organizationId: second }, () =>
      tenancy.pool.query(`insert into repositories (name) values ('after poison') returning org_id`),
    )
    expect(rows).toEqual([{ org_id: second }])
    expect(events).toMatchObject([{ type: 'connection.closed', reason: 'poisoned' }])
  })

  it('runs nothing for it, refuses procedures, and is closed when its client is given back', async () => {
    const narrow = database.open({ pool: { max: 1 }, onEvent: (event) => void events.push(event) })
    await narrow.run({ organizationId: first }, () => narrow.pool.query(poison(first)))
    events.length = 0
    await narrow.run({ organizationId: second }, async () => {
      const client = await narrow.pool.connect()
      await client.query('begin')
      expect((await client.query(`${everyRow} limit 1`)).rows).toEqual([{ org_id: second }])
      await client.query('savepoint here')
      await client.query('rollback to here')
      expect((await client.query(`${everyRow} limit 1`)).rows).toEqual([{ org_id: second }])
      await client.query('commit')
      // A COMMIT inside of it would bring back what the session has.
      const block = client.query('do $$ begin perform 1; end $$')
      await expect(block).rejects.toMatchObject({ code: 'CONNECTION_POISONED' })
      client.release()
      expect((await narrow.pool.query(`${everyRow} limit 1`)).rows).toEqual([{ org_id: second }])
    })
    expect(events).toMatchObject([{ type: 'connection.closed', reason: 'poisoned' }])
  })

  it('is reported when every connection begins with one', async () => {
    const options = `-c app.current_tenant_id=${first}`
    const stubborn = database.open({ pool: { max: 1, options } })
    const query = stubborn.run({ organizationId: second }, () => stubborn.pool.query(everyRow))
    await expect(query).rejects.toMatchObject({ code: 'CONNECTION_POISONED' })
    const bootstrap = stubborn.bootstrap(() => stubborn.pool.query(everyRow))
    await expect(bootstrap).rejects.toMatchObject({ code: 'CONNECTION_POISONED' })
  })
})

describe('a prepared statement', () => {
  const byName = 'select * from repositories where name = $1'

  it('is prepared at its second use, and serves every tenant', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    for (const organizationId of [first, second, first, second]) {
      const { rows } = await narrow.run({ organizationId }, () => narrow.pool.query(byName, ['repository 1']))
      expect(rows).toMatchObject([{ org_id: organizationId }])
    }
    const { rows } = await narrow.run({ organizationId: first }, () =>
      narrow.pool.query(`select count(*)::int from pg_prepared_statements where statement = '${byName}'`),
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  it.each(['deallocate all', 'deallocate partywall_context_open'])('is prepared anew after %s', async (text) => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      for (let turn = 0; turn < 3; turn += 1) await narrow.pool.query(byName, ['repository 1'])
      await narrow.pool.query(text)
      const { rows } = await narrow.pool.query(byName, ['repository 1'])
      expect(rows).toHaveLength(1)
    })
  })

  it('is prepared anew inside the transaction that deallocates it', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      for (let turn = 0; turn < 3; turn += 1) await narrow.pool.query(byName, ['repository 1'])
      const client = await narrow.pool.connect()
      await client.query('begin')
      await client.query('deallocate all')
      expect((await client.query(byName, ['repository 1'])).rows).toHaveLength(1)
      await client.query('commit')
      client.release()
    })
  })

  it('is prepared anew where the server lost it without our knowing', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      for (let turn = 0; turn < 3; turn += 1) await narrow.pool.query(byName, ['repository 1'])
      await narrow.pool.query(`do $$ begin execute 'deallocate all'; end $$`)
      const { rows } = await narrow.pool.query(byName, ['repository 1'])
      expect(rows).toHaveLength(1)
    })
  })

  it('is prepared anew when a column appears', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      for (let turn = 0; turn < 3; turn += 1) await narrow.pool.query(byName, ['repository 1'])
      await database.admin('alter table repositories add column extra int')
      const { rows } = await narrow.pool.query(byName, ['repository 1'])
      expect(rows).toMatchObject([{ extra: null }])
      await database.admin('alter table repositories drop column extra')
    })
  })

  it('is not used where connections are shared behind the pool', async () => {
    const unprepared = database.open({ pool: { max: 1 }, preparedContext: false })
    await unprepared.run({ organizationId: first }, async () => {
      for (let turn = 0; turn < 3; turn += 1) await unprepared.pool.query(byName, ['repository 1'])
      const { rows } = await unprepared.pool.query('select count(*)::int from pg_prepared_statements')
      expect(rows).toEqual([{ count: 0 }])
      const client = await unprepared.pool.connect()
      await client.query('begin')
      expect((await client.query(byName, ['repository 1'])).rows).toHaveLength(1)
      await client.query('commit')
      client.release()
    })
  })
})
