import { describe, expect, it } from 'vitest'
import { testServer } from '../vitest.ts'
import { withClient } from '../with-client.ts'
import { createContractDatabase } from './contract-database.ts'
import { keepPromise } from './keep-promise.ts'
import type { OpenScope } from './scope-under-test.ts'
import { tenantScopePromises } from './tenant-scope-promises.ts'

async function rolesAndDatabases(): Promise<unknown[]> {
  const server = await testServer()
  const sql = `select rolname::text as name from pg_roles union all select datname::text from pg_database`
  return await withClient({ connectionString: server.url() }, async (client) =>
    (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name),
  )
}

describe('createContractDatabase', () => {
  it('converts, copies, and leaves neither databases nor roles', async () => {
    let made: readonly string[] = []
    {
      await using database = await createContractDatabase(await testServer())
      await using copy = await database.clone('drop policy tenant_isolation on repositories')
      const policies = `select from pg_policies where policyname = 'tenant_isolation' and tablename = 'repositories'`
      expect(await database.admin(policies)).toHaveLength(1)
      expect(await copy.admin(policies)).toHaveLength(0)
      const { id, repositories, secret } = await database.createOrganization()
      expect(repositories.map(({ name }) => name)).toEqual(['alpha', 'beta', secret])
      expect(await database.admin('select from tests where org_id = $1', [id])).toHaveLength(3)
      const logins = [database.appUrl, database.operatorUrl, copy.appUrl].map((url) => new URL(url).username)
      made = [database.name, copy.name, database.appRole, ...logins]
      expect(await rolesAndDatabases()).toEqual(expect.arrayContaining([...made]))
    }
    const left = await rolesAndDatabases()
    expect(made.filter((name) => left.includes(name))).toEqual([])
  })
})

describe('keepPromise', () => {
  const [promise] = tenantScopePromises

  it('fails for a scope that never answers, and closes it', async () => {
    await using database = await createContractDatabase(await testServer())
    const closed: string[] = []
    const open: OpenScope = async () =>
      ({
        run: () => new Promise(() => {}),
        close: async () => {
          closed.push('closed')
        },
      }) as unknown as Awaited<ReturnType<OpenScope>>
    if (promise === undefined) throw new Error('no promise')
    await expect(keepPromise(promise, { database, open, timeoutMs: 100 })).rejects.toThrow('not through after 100 ms')
    expect(closed).toEqual(['closed'])
  })
})

describe('tenantScopePromises', () => {
  const ids = tenantScopePromises.map(({ id }) => id)

  it('has a promise for each way in which scopes are known to fail, once', () => {
    expect(new Set(ids).size).toBe(ids.length)
    const failureModes = [...Array.from({ length: 21 }, (_, index) => `F${index + 1}`), 'F25', 'F26', 'F31']
    expect(failureModes.filter((id) => !ids.includes(id))).toEqual([])
  })

  it.each([
    ['the tenant is read when the pool dispatches', 'call-time'],
    ['a rollback takes back a setting that is believed to hold', 'rolled-back'],
    ['a statement that fails takes it back as well', 'failed'],
    ['a session was given a tenant for good', 'poisoned'],
    ['a client is used after its release', 'released'],
    ['a client is released inside a transaction', 'abandoned'],
    ['BEGIN is sent on the pool', 'stray-begin'],
    ['look-ups of one tick are merged', 'F31'],
    ['look-ups of several tables in one tick run in one context', 'tables-of-a-tick'],
    ['batches of one tick run in one context', 'batch'],
    ['transactions begin in one tick', 'transactions-of-a-tick'],
    ['a relation is read by a statement of its own', 'relations'],
    ['a nested write is a statement of its own', 'nested-writes'],
    ['a query starts where it is awaited', 'lazy'],
    ['a transaction is used in the scope of another', 'other-scope'],
    ['nobody is in scope', 'F25'],
    ['a text holds several statements', 'one-statement'],
    ['many callers share few connections', 'load'],
  ])('has a promise for the pitfall that %s: %s', (_, id) => {
    expect(ids).toContain(id)
  })
})
