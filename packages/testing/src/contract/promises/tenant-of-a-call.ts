import { deepEqual, equal } from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import type { ContractOrganization } from '../contract-database.ts'
import { expectOwned, expectRefusal, organizationsSql } from '../expectations.ts'
import type { Queries, RepositoryRow } from '../scope-under-test.ts'
import type { TenantScopePromise } from '../tenant-scope-promise.ts'

const idOf = (organization: ContractOrganization): string => organization.repositories[0]?.id ?? ''

/** Whose tenant a statement runs with. */
export const tenantOfACall: readonly TenantScopePromise[] = [
  {
    id: 'read',
    title: 'a call reads the rows of the tenant in scope, all of them and no others',
    run: async ({ open, first, second }) => {
      const scope = await open()
      for (const [own, other] of [
        [first, second],
        [second, first],
      ] as const) {
        await scope.run(own.id, async () => {
          const rows = await scope.list()
          expectOwned(rows, own.id)
          equal(rows.length, own.repositories.length)
          equal((await scope.find(idOf(own)))?.id, idOf(own))
          equal(await scope.find(idOf(other)), undefined)
        })
      }
    },
  },
  {
    id: 'F14',
    title: 'raw SQL is scoped like every other call',
    run: async ({ open, first }) => {
      const scope = await open()
      deepEqual(await scope.run(first.id, () => scope.query(organizationsSql)), [{ id: first.id }])
      const inside = scope.run(first.id, () => scope.transaction((queries) => queries.query(organizationsSql)))
      deepEqual(await inside, [{ id: first.id }])
    },
  },
  {
    id: 'call-time',
    title: 'a call keeps the tenant of its caller, whoever frees the connection it waits for',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const asked = Array.from({ length: 40 }, (_, turn) => (turn % 2 === 0 ? first.id : second.id))
      const seen = await Promise.all(asked.map((id) => scope.run(id, () => scope.list())))
      for (const [index, rows] of seen.entries()) expectOwned(rows, asked[index] ?? '')
    },
  },
  {
    id: 'F25',
    title: 'a call without a tenant is refused before anything is sent',
    run: async ({ openTapped, first }) => {
      const { scope, wire } = await openTapped()
      // A library may have asked the server who it is when it was opened.
      const before = wire.bytesSent
      await expectRefusal(() => scope.query('select 1'), 'TENANT_REQUIRED')
      await expectRefusal(() => scope.list(), 'TENANT_REQUIRED')
      await expectRefusal(() => scope.find(idOf(first)), 'TENANT_REQUIRED')
      await expectRefusal(() => scope.transaction((queries) => queries.list()), 'TENANT_REQUIRED')
      if (scope.session) await expectRefusal(() => scope.session?.((query) => query('select 1')), 'TENANT_REQUIRED')
      equal(wire.bytesSent, before)
    },
  },
  {
    id: 'F26',
    title: 'a call that lost its context is refused, and never runs as whoever came before',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const jobs: (() => Promise<unknown>)[] = []
      await scope.run(first.id, async () => {
        jobs.push(() => scope.list())
        expectOwned(await scope.list(), first.id)
      })
      // A queue that is drained outside every scope, as emitters and body parsers drain theirs.
      for (const job of jobs) await expectRefusal(job, 'TENANT_REQUIRED')
      const [, late] = await Promise.allSettled([
        scope.run(second.id, () => setTimeout(20)),
        setTimeout(5).then(jobs[0]),
      ])
      equal(late?.status, 'rejected')
    },
  },
  {
    id: 'inner-scope',
    title: 'an inner scope replaces the outer one, and ends with its function',
    run: async ({ open, first, second }) => {
      const scope = await open()
      await scope.run(first.id, async () => {
        const inner = scope.run(second.id, () => scope.list())
        const outer = scope.list()
        expectOwned(await inner, second.id)
        expectOwned(await outer, first.id)
        expectOwned(await scope.list(), first.id)
      })
    },
  },
  {
    id: 'F31',
    title: 'look-ups by key of one tick stay apart, whoever asks for whose row',
    run: async ({ open, first, second }) => {
      const scope = await open({ maxConnections: 2 })
      const ask = async (asker: ContractOrganization, owner: ContractOrganization): Promise<string | undefined> =>
        (await scope.run(asker.id, () => scope.find(idOf(owner))))?.organizationId
      const own = [ask(first, first), ask(second, second), ask(first, first), ask(second, second)]
      deepEqual(await Promise.all(own), [first.id, second.id, first.id, second.id])
      const mixed = [ask(first, first), ask(second, first), ask(second, second), ask(first, second)]
      deepEqual(await Promise.all(mixed), [first.id, undefined, second.id, undefined])
    },
  },
  {
    id: 'tables-of-a-tick',
    title: 'look-ups of different tables in one tick stay apart',
    run: async ({ open, database, first, second }) => {
      const scope = await open({ maxConnections: 2 })
      const rows = await database.admin('select org_id, id from tests where org_id = any($1)', [[first.id, second.id]])
      const testOf = ({ id }: ContractOrganization): string => String(rows.find((row) => row['org_id'] === id)?.['id'])
      // The first caller has the tick; the second asks another table, for a row of its own and for one of the first.
      const ask = async (owner: ContractOrganization): Promise<unknown> => {
        const [, row] = await Promise.all([
          scope.run(first.id, () => scope.find(idOf(first))),
          scope.run(second.id, () => scope.findTest(testOf(owner))),
        ])
        return row?.organizationId
      }
      equal(await ask(second), second.id)
      equal(await ask(first), undefined)
    },
  },
  {
    id: 'transactions-of-a-tick',
    title: 'transactions that begin in one tick stay apart',
    run: async ({ open, first, second }) => {
      const scope = await open({ maxConnections: 3 })
      const asked = Array.from({ length: 12 }, (_, turn) => (turn % 2 === 0 ? first.id : second.id))
      const look = async (queries: Queries): Promise<unknown> => [
        await queries.query(organizationsSql),
        [...new Set((await queries.list()).map(({ organizationId }) => organizationId))],
      ]
      const seen = await Promise.all(asked.map((id) => scope.run(id, () => scope.transaction(look))))
      deepEqual(
        seen,
        asked.map((id) => [[{ id }], [id]]),
      )
    },
  },
  {
    id: 'batch',
    title: 'batches of one tick stay apart',
    needs: 'batchList',
    run: async ({ open, first, second }) => {
      const scope = await open({ maxConnections: 2 })
      const asked = [first, second, second, first]
      const list = async (): Promise<readonly (readonly RepositoryRow[])[]> => (await scope.batchList?.()) ?? []
      const batches = await Promise.all(asked.map(({ id }) => scope.run(id, list)))
      for (const [index, batch] of batches.entries()) {
        equal(batch.length, 2)
        for (const rows of batch) expectOwned(rows, asked[index]?.id ?? '')
      }
    },
  },
  {
    id: 'cache',
    title: 'a result in a cache is answered to its tenant alone',
    needs: 'cachedList',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const list = (id: string): Promise<readonly RepositoryRow[]> =>
        scope.run(id, async () => (await scope.cachedList?.()) ?? [])
      for (const { id } of [first, second, first]) expectOwned(await list(id), id)
      // It is a cache: what the library has stored, it does not ask for again.
      await scope.run(second.id, () => scope.query(`delete from repositories`))
      expectOwned(await list(second.id), second.id)
      await expectRefusal(() => scope.cachedList?.(), 'TENANT_REQUIRED')
    },
  },
  {
    id: 'relations',
    title: 'a relation is followed inside the tenant, to all of its rows and no others',
    run: async ({ open, first, second }) => {
      const scope = await open({ maxConnections: 2 })
      const asked = Array.from({ length: 8 }, (_, turn) => (turn % 2 === 0 ? first : second))
      const seen = await Promise.all(asked.map(({ id }) => scope.run(id, () => scope.listWithTests())))
      for (const [index, rows] of seen.entries()) {
        const { id = '', repositories = [] } = asked[index] ?? {}
        expectOwned(rows, id)
        deepEqual(
          rows.flatMap(({ tests }) => tests.map(({ organizationId }) => organizationId)),
          repositories.map(() => id),
        )
      }
    },
  },
  {
    id: 'lazy',
    title: 'a query that a scope returns before it has started runs in that scope',
    needs: 'lazyList',
    run: async ({ open, first, second }) => {
      const scope = await open()
      const lazy = (): PromiseLike<readonly { organizationId: string }[]> => scope.lazyList?.() ?? Promise.resolve([])
      const rows = await scope.run(second.id, () => scope.run(first.id, lazy))
      deepEqual([...new Set(rows.map((row) => row.organizationId))], [first.id])
    },
  },
  {
    id: 'prepared',
    title: 'a statement that is prepared serves every tenant',
    run: async ({ open, first, second }) => {
      const scope = await open()
      // PostgreSQL may keep one plan for all from the sixth execution on.
      for (let turn = 0; turn < 16; turn += 1) {
        const [own, other] = turn % 2 === 0 ? [first, second] : [second, first]
        equal((await scope.run(own.id, () => scope.find(idOf(own))))?.organizationId, own.id)
        equal(await scope.run(own.id, () => scope.find(idOf(other))), undefined)
      }
    },
  },
  {
    id: 'load',
    title: 'nothing crosses with many callers on few connections',
    run: async ({ open, first, second }) => {
      const scope = await open({ maxConnections: 3 })
      const caller = async (seed: number): Promise<void> => {
        for (let turn = 0; turn < 6; turn += 1) {
          const own = (seed + turn) % 2 === 0 ? first : second
          await scope.run(own.id, async () => {
            if (turn % 3 === 0) expectOwned(await scope.transaction((queries) => queries.list()), own.id)
            else if (turn % 3 === 1) deepEqual(await scope.query(organizationsSql), [{ id: own.id }])
            else equal((await scope.find(idOf(own)))?.id, idOf(own))
          })
        }
      }
      await Promise.all(Array.from({ length: 16 }, (_, seed) => caller(seed)))
    },
  },
]
