import { deepEqual, equal } from 'node:assert/strict'
import { expectOwned, expectRefusal, organizationsSql } from '../expectations.ts'
import type { TenantScopePromise } from '../tenant-scope-promise.ts'

/** Statements that would reach out of their scope. */
export const statements: readonly TenantScopePromise[] = [
  {
    id: 'F9',
    title: 'SQL of the caller changes neither the tenant nor the role',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const changes = [
        `select set_config('app.current_tenant_id', '${second.id}', false)`,
        `select pg_catalog.set_config(lower('APP.current_tenant_id'), '${second.id}', true)`,
        `set app.current_tenant_id = '${second.id}'`,
        `/* x */ set local "app".current_tenant_id to '${second.id}'`,
        'reset all',
        'set role none',
        'discard all',
      ]
      for (const change of changes) {
        const alone = (): Promise<unknown> => scope.run(first.id, () => scope.query(change))
        await expectRefusal(alone, 'STATEMENT_REFUSED')
        const inside = (): Promise<unknown> =>
          scope.run(first.id, () => scope.transaction(({ query }) => query(change)))
        await expectRefusal(inside, 'STATEMENT_REFUSED')
      }
      deepEqual(await scope.run(first.id, () => scope.query(organizationsSql)), [{ id: first.id }])
    },
  },
  {
    id: 'stray-begin',
    title: 'a BEGIN or COMMIT on its own leaves no transaction to the next tenant',
    run: async ({ open, database, first, second }) => {
      const scope = await open()
      for (const [turn, control] of ['begin', '/* x */ START TRANSACTION READ ONLY', 'commit', 'rollback'].entries()) {
        // A library that checks out a connection for it may send it: the connection is closed then, and not lent again.
        await scope.run(first.id, () => scope.query(control)).catch(() => [])
        const { id } = await scope.run(second.id, () => scope.insert({ name: `kept ${turn}` }))
        expectOwned(await scope.run(second.id, () => scope.list()), second.id)
        equal((await database.admin('select from repositories where id = $1', [id])).length, 1)
      }
    },
  },
  {
    id: 'one-statement',
    title: 'several statements in one text are refused, and none of them is run',
    run: async ({ open, first }) => {
      const scope = await open()
      const texts = [
        `insert into repositories (name) values ('smuggled'); commit; select 1`,
        `insert into repositories (name) values ('smuggled'); select 1`,
      ]
      for (const text of texts) await expectRefusal(() => scope.run(first.id, () => scope.query(text)))
      const names = (await scope.run(first.id, () => scope.list())).map((row) => row.name)
      equal(names.includes('smuggled'), false)
    },
  },
  {
    id: 'session-state',
    title: 'no cursor and no temporary table takes rows to the next tenant',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const keep = [
        'create temp table kept as select name from repositories',
        'select name into temporary kept from repositories',
        'declare kept cursor with hold for select name from repositories',
      ]
      for (const text of keep) {
        const attempt = scope.run(first.id, () => scope.transaction(({ query }) => query(text)))
        await attempt.catch(() => [])
        for (const look of ['select name from kept', 'fetch all from kept']) {
          await expectRefusal(() => scope.run(second.id, () => scope.query(look)))
        }
      }
    },
  },
]
