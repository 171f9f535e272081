import { deepEqual, equal } from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { expectOwned, expectRefusal, organizationsSql } from '../expectations.ts'
import type { Queries } from '../scope-under-test.ts'
import type { TenantScopePromise } from '../tenant-scope-promise.ts'

/** What a transaction keeps. */
export const transactions: readonly TenantScopePromise[] = [
  {
    id: 'F11',
    title: 'a statement outside a transaction is scoped, and so is the next on its connection',
    run: async ({ open, first }) => {
      const scope = await open()
      await scope.run(first.id, async () => {
        expectOwned(await scope.list(), first.id)
        await scope.session?.(async (query) => {
          for (let turn = 0; turn < 3; turn += 1) deepEqual(await query(organizationsSql), [{ id: first.id }])
        })
      })
    },
  },
  {
    id: 'F12',
    title: 'a transaction has its tenant after a rollback to a savepoint',
    run: async ({ open, first }) => {
      const scope = await open()
      const play = async ({ query }: Pick<Queries, 'query'>): Promise<void> => {
        await query('savepoint a')
        deepEqual(await query(organizationsSql), [{ id: first.id }])
        await query('rollback to savepoint a')
        deepEqual(await query(organizationsSql), [{ id: first.id }])
        await query('savepoint b')
        await query('/* again */ rollback work to b')
        deepEqual(await query(organizationsSql), [{ id: first.id }])
      }
      await scope.run(first.id, async () => {
        await scope.transaction(play)
        await scope.session?.(async (query) => {
          await query('begin')
          await play({ query })
          await query('commit')
        })
      })
    },
  },
  {
    id: 'F13',
    title: 'calls that overlap on one transaction all run as its tenant',
    run: async ({ open, first }) => {
      const scope = await open()
      await scope.run(first.id, () =>
        scope.transaction(async (queries) => {
          const seen: Promise<readonly Record<string, unknown>[]>[] = []
          // Each begins while the one before is on the server.
          for (let turn = 0; turn < 6; turn += 1) {
            seen.push(queries.query(`${organizationsSql}, pg_sleep(0.02)`))
            await setTimeout(10)
          }
          for (const rows of await Promise.all(seen)) deepEqual(rows, [{ id: first.id }])
        }),
      )
    },
  },
  {
    id: 'F17',
    title: 'a transaction is one: it sees what it wrote, and takes all of it back when it fails',
    run: async ({ open, first }) => {
      const scope = await open({ maxConnections: 2 })
      const failed = (): Promise<unknown> =>
        scope.run(first.id, () =>
          scope.transaction(async (queries) => {
            const { id } = await queries.insert({ name: 'unfinished' })
            equal(
              (await queries.list()).some((row) => row.id === id),
              true,
            )
            await queries.insertTest({ repositoryId: id, title: 'unfinished' })
            await queries.query('select 1 / 0')
          }),
        )
      await expectRefusal(failed, '22012')
      const names = (await scope.run(first.id, () => scope.list())).map((row) => row.name)
      equal(names.includes('unfinished'), false)
    },
  },
  {
    id: 'rolled-back',
    title: 'a unit has its own tenant after one that was rolled back',
    run: async ({ open, first, second }) => {
      const scope = await open()
      expectOwned(await scope.run(first.id, () => scope.list()), first.id)
      const failed = (): Promise<unknown> =>
        scope.run(second.id, () =>
          scope.transaction(async (queries) => {
            expectOwned(await queries.list(), second.id)
            throw new Error('the caller changed its mind')
          }),
        )
      await expectRefusal(failed)
      expectOwned(await scope.run(second.id, () => scope.list()), second.id)
      expectOwned(await scope.run(first.id, () => scope.list()), first.id)
    },
  },
  {
    id: 'other-scope',
    title: 'a transaction of one tenant refuses to work in the scope of another',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const misuse = (): Promise<unknown> =>
        scope.run(first.id, () => scope.transaction((queries) => scope.run(second.id, () => queries.list())))
      await expectRefusal(misuse, 'TENANT_MISMATCH')
      expectOwned(await scope.run(second.id, () => scope.list()), second.id)
    },
  },
  {
    id: 'released',
    title: 'what a transaction was given is dead when it ends',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const kept = await scope.run(first.id, () => scope.transaction(async (queries) => ({ queries })))
      await scope.run(second.id, () =>
        scope.transaction(async (queries) => {
          await queries.list()
          // On the one connection there is, which belongs to the second by now.
          await expectRefusal(() => scope.run(first.id, () => kept.queries.list()))
          await expectRefusal(() => kept.queries.query('select 1'))
          expectOwned(await queries.list(), second.id)
        }),
      )
    },
  },
  {
    id: 'committed',
    title: 'a COMMIT among the work of a caller opens neither another tenant nor all of them',
    run: async ({ open, first }) => {
      const scope = await open()
      await scope.run(first.id, async () => {
        const count = `do $$ declare n int; begin commit; select count(*) into n from repositories; raise 'saw %', n; end $$`
        // 2D000: the scope has a transaction of its own around the statement, which may not be ended from within.
        await expectRefusal(() => scope.query(count), '42501', '2D000')
        const after = scope.transaction(async (queries) => {
          await queries.query('commit').catch(() => [])
          return await queries.query(organizationsSql)
        })
        for (const row of await after.catch(() => [])) deepEqual(row, { id: first.id })
        expectOwned(await scope.list(), first.id)
      })
    },
  },
]
