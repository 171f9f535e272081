import { deepEqual, equal } from 'node:assert/strict'
import { expectOwned, expectRefusal, organizationsSql } from '../expectations.ts'
import type { TenantScopePromise } from '../tenant-scope-promise.ts'

const tenantSql = `select coalesce(current_setting('app.current_tenant_id', true), '') as tenant`

/** What a connection carries from one unit to the next: nothing. */
export const connections: readonly TenantScopePromise[] = [
  {
    id: 'F1',
    title: 'a connection that was used answers without a tenant as a fresh one does: with an error',
    run: async ({ open, first }) => {
      const scope = await open()
      await expectRefusal(() => scope.bootstrap(() => scope.list()), '42501')
      await scope.run(first.id, () => scope.list())
      await scope.run(first.id, () => scope.transaction((queries) => queries.list()))
      await expectRefusal(() => scope.bootstrap(() => scope.list()), '42501')
    },
  },
  {
    id: 'F10',
    title: 'a connection keeps no tenant of the unit before',
    run: async ({ open, first, second }) => {
      const [scope, other] = [await open(), await open()]
      const left = (): Promise<unknown> => scope.bootstrap(() => scope.query(tenantSql))
      await scope.run(first.id, () => scope.list())
      deepEqual(await left(), [{ tenant: '' }])
      await scope.run(second.id, () => scope.transaction((queries) => queries.list()))
      deepEqual(await left(), [{ tenant: '' }])
      await expectRefusal(() => scope.run(first.id, () => scope.query('select 1 / 0')), '22012')
      deepEqual(await left(), [{ tenant: '' }])
      // A pooler lends the session of the first to a client that has just come.
      deepEqual(await other.bootstrap(() => other.query(tenantSql)), [{ tenant: '' }])
    },
  },
  {
    id: 'poisoned',
    title: 'a session that was given a tenant for good serves no other unit with it',
    run: async ({ open, database, first, second, pooled }) => {
      const scope = await open()
      const poison = `do $$ begin perform set_config('app.current_tenant_id', '${first.id}', false); end $$`
      await scope.run(first.id, () => scope.query(poison))
      const refused = ['42501', 'CONNECTION_POISONED']
      await expectRefusal(() => scope.bootstrap(() => scope.list()), ...refused)
      // Behind a pooler the session goes on living: until it is ended, refusing is all that a scope can do.
      if (pooled) await database.endSessions()
      expectOwned(await scope.run(second.id, () => scope.list()), second.id)
    },
  },
  {
    id: 'failed',
    title: 'a statement that fails leaves a connection that the next tenant can use, and its own tenant',
    run: async ({ open, first, second }) => {
      const scope = await open()
      await expectRefusal(() => scope.run(first.id, () => scope.query('select 1 / 0')), '22012')
      expectOwned(await scope.run(first.id, () => scope.list()), first.id)
      expectOwned(await scope.run(second.id, () => scope.list()), second.id)
      await expectRefusal(() => scope.run(first.id, () => scope.find('not a uuid')))
      expectOwned(await scope.run(second.id, () => scope.list()), second.id)
    },
  },
  {
    id: 'terminated',
    title: 'a connection that broke is replaced',
    run: async ({ open, database, first, second }) => {
      const scope = await open()
      expectOwned(await scope.run(first.id, () => scope.list()), first.id)
      const inside = scope.run(first.id, () =>
        scope.transaction(async (queries) => {
          await queries.list()
          await database.endSessions()
          await queries.list()
        }),
      )
      await expectRefusal(() => inside)
      expectOwned(await scope.run(second.id, () => scope.list()), second.id)
    },
  },
  {
    id: 'abandoned',
    title: 'a connection that is given back inside a transaction takes it to nobody',
    needs: 'session',
    run: async ({ open, first, second }) => {
      const scope = await open()
      await scope.run(first.id, () =>
        scope.session?.(async (query) => {
          await query('begin')
          await query(`insert into repositories (name) values ('abandoned')`)
        }),
      )
      // Inside a transaction that was left open, this would be the first one's snapshot, tenant or error.
      expectOwned(await scope.run(second.id, () => scope.list()), second.id)
      await scope.run(second.id, () => scope.session?.((query) => query('commit').catch(() => [])))
      const names = (await scope.run(first.id, () => scope.list())).map((row) => row.name)
      equal(names.includes('abandoned'), false)
    },
  },
  {
    id: 'F21',
    title: 'a login that row level security does not bind is refused',
    run: async ({ open, database, first }) => {
      for (const url of [database.operatorUrl, database.adminUrl]) {
        // A library that asks the server who it is when it is opened is refused there.
        const list = async (): Promise<unknown> => {
          const scope = await open({ url })
          return await scope.run(first.id, () => scope.list())
        }
        await expectRefusal(list, 'LOGIN_PRIVILEGED')
        const listInTransaction = async (): Promise<unknown> => {
          const scope = await open({ url })
          return await scope.run(first.id, () => scope.transaction((queries) => queries.list()))
        }
        await expectRefusal(listInTransaction)
      }
    },
  },
  {
    id: 'echo',
    title: 'what a statement returns is withheld when the server does not confirm its tenant',
    run: async ({ openTapped, first, second }) => {
      const { scope, wire } = await openTapped()
      expectOwned(await scope.run(first.id, () => scope.list()), first.id)
      wire.replace(first.id, second.id)
      await expectRefusal(() => scope.run(first.id, () => scope.list()))
      await expectRefusal(() => scope.run(first.id, () => scope.transaction((queries) => queries.list())))
    },
  },
  {
    id: 'stream',
    title: 'a stream reads the rows of its tenant',
    needs: 'stream',
    run: async ({ open, first }) => {
      const scope = await open()
      deepEqual(await scope.run(first.id, () => scope.stream?.(organizationsSql)), [{ id: first.id }])
    },
  },
]
