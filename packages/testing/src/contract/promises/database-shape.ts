import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { expectRefusal } from '../expectations.ts'
import type { ScopeUnderTest } from '../scope-under-test.ts'
import type { TenantScopePromise } from '../tenant-scope-promise.ts'

/** The plan of a statement when PostgreSQL takes an index wherever one can serve. */
async function planOf(scope: ScopeUnderTest, organizationId: string, sql: string): Promise<string> {
  const rows = await scope.run(organizationId, () =>
    scope.transaction(async ({ query }) => {
      await query('set local enable_seqscan = off')
      await query('set local enable_bitmapscan = off')
      return await query(`explain (costs off) ${sql}`)
    }),
  )
  return rows.map((row) => String(Object.values(row)[0])).join('\n')
}

/** What stands beside the tables: views, functions, partitions, plans. */
export const databaseShape: readonly TenantScopePromise[] = [
  {
    id: 'F6',
    title: 'views, definer functions and materialized views show nothing of another organization',
    run: async ({ open, first }) => {
      const scope = await open()
      const own = first.repositories.length
      await scope.run(first.id, async () => {
        deepEqual(await scope.query('select count(*)::int as n from repository_names'), [{ n: own }])
        deepEqual(await scope.query('select repository_total()::int as n'), [{ n: own }])
        await expectRefusal(() => scope.query('select total::int as n from repository_totals'), '42501')
      })
    },
  },
  {
    id: 'F7',
    title: 'a partition that is asked directly is bound like its table',
    run: async ({ open, first }) => {
      const scope = await open()
      for (const table of ['runs', 'runs_2026']) {
        const sql = `select distinct org_id::text as id from ${table}`
        deepEqual(await scope.run(first.id, () => scope.query(sql)), [{ id: first.id }])
      }
    },
  },
  {
    id: 'F8',
    title: 'TRUNCATE, which no policy binds, is refused',
    run: async ({ open, first }) => {
      const scope = await open()
      const truncate = (): Promise<unknown> =>
        scope.run(first.id, () =>
          scope.transaction(async ({ query }) => {
            await query('truncate runs, tests, repositories')
            throw new Error('truncated')
          }),
        )
      await expectRefusal(truncate, '42501')
    },
  },
  {
    id: 'F18',
    title: 'the policy finds the rows of the tenant by an index',
    run: async ({ open, first }) => {
      const plan = await planOf(await open(), first.id, `select id from repositories`)
      match(plan, /Index Cond: \(org_id = /)
    },
  },
  {
    id: 'F19',
    title: 'the policy compares the tenant column as it is stored',
    run: async ({ open, first }) => {
      const plan = await planOf(await open(), first.id, 'select id from repositories')
      match(plan, /org_id/)
      doesNotMatch(plan, /org_id\)?::/)
    },
  },
  {
    id: 'F20',
    title: 'a condition is evaluated on no row of another organization',
    run: async ({ open, first, second }) => {
      const scope = await open()
      // Divides by zero on the row whose name is asked for, if it gets to see it.
      const probe = (name: string): string =>
        `select count(*)::int as n from repositories where 1 / (case when name = '${name}' then 0 else 1 end) = 1`
      deepEqual(await scope.run(first.id, () => scope.query(probe(second.secret))), [{ n: first.repositories.length }])
      await expectRefusal(() => scope.run(first.id, () => scope.query(probe(first.secret))), '22012')
      const rows = await scope.run(first.id, () =>
        scope.query(`select id from repositories where labels @> '{"tier": "gold"}'`),
      )
      equal(rows.length, first.repositories.length)
    },
  },
]
