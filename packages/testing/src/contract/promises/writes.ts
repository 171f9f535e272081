import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { codeOf, expectOwned, expectRefusal } from '../expectations.ts'
import type { ScopeUnderTest } from '../scope-under-test.ts'
import type { Stage, TenantScopePromise } from '../tenant-scope-promise.ts'

const countTests = (stage: Stage): Promise<readonly Record<string, unknown>[]> =>
  stage.database.admin('select count(*)::int as n from tests where org_id = $1', [stage.first.id])

/** The database refuses, or the library compares the row with the tenant in scope and sends nothing. */
const planted = ['42501', 'TENANT_MISMATCH'] as const

const alphaOf = (organization: Stage['first']): string => organization.repositories[0]?.id ?? ''

/** What the caller is told when a test is attached to a repository. */
async function attach(scope: ScopeUnderTest, tenant: string, repositoryId: string): Promise<string> {
  const write = (): Promise<void> => scope.insertTest({ repositoryId, title: 'mine' })
  return await scope.run(tenant, write).then(
    () => 'accepted',
    // A library that looks for the parent first has a code of its own for "there is none".
    (error: { code?: string }) => codeOf(error) ?? error.code ?? 'refused',
  )
}

/** What a tenant can write, and what it learns from that. */
export const writes: readonly TenantScopePromise[] = [
  {
    id: 'F15',
    title: 'what is written belongs to the tenant in scope, and cannot be given to another',
    run: async ({ open, first, second }) => {
      const scope = await open()
      await scope.run(first.id, async () => {
        const row = await scope.insert({ name: 'written' })
        expectOwned([row], first.id)
        await expectRefusal(() => scope.insert({ name: 'planted', organizationId: second.id }), ...planted)
        // Without RETURNING, only the check of the policy stands in the way.
        const insert = `insert into repositories (org_id, name) values ('${second.id}', 'planted')`
        await expectRefusal(() => scope.query(insert), '42501')
        await expectRefusal(() => scope.update(row.id, { organizationId: second.id }))
        expectOwned(await scope.list(), first.id)
      })
      const theirs = await scope.run(second.id, () => scope.list())
      equal(
        theirs.some(({ name }) => name === 'planted' || name === 'written'),
        false,
      )
    },
  },
  {
    id: 'many',
    title: 'rows that are written in one call belong to the tenant in scope, each of them',
    run: async ({ open, database, first, second }) => {
      const scope = await open()
      await scope.run(first.id, async () => {
        equal(await scope.insertMany([{ name: 'one' }, { name: 'two' }, { name: 'three' }]), 3)
        const mixed = [
          { name: 'own', organizationId: first.id },
          { name: 'planted', organizationId: second.id },
        ]
        await expectRefusal(() => scope.insertMany(mixed), ...planted)
      })
      const names = `select org_id from repositories where name in ('one', 'two', 'three', 'own', 'planted') and org_id = any($1)`
      const rows = await database.admin(names, [[first.id, second.id]])
      deepEqual(
        rows.map((row) => row['org_id']),
        [first.id, first.id, first.id],
      )
    },
  },
  {
    id: 'nested-writes',
    title: 'what is written beside a row belongs to the tenant of the row',
    run: async ({ open, database, first, second }) => {
      const scope = await open({ maxConnections: 2 })
      const asked = [first, second, first, second]
      const write = (id: string, turn: number): Promise<void> =>
        scope.run(id, () => scope.insertWithTests({ name: `parent ${turn}`, titles: [`of ${id}`, `also of ${id}`] }))
      await Promise.all(asked.map(({ id }, turn) => write(id, turn)))
      const rows = await database.admin(
        `select r.org_id as parent, t.org_id as child, t.title
         from tests t join repositories r on r.id = t.repository_id
         where r.name like 'parent%' and r.org_id = any($1) order by t.title`,
        [[first.id, second.id]],
      )
      equal(rows.length, 2 * asked.length)
      for (const { parent, child, title } of rows) {
        equal(child, parent)
        equal(String(title).endsWith(`of ${String(parent)}`), true)
      }
    },
  },
  {
    id: 'write',
    title: 'a tenant changes and deletes its own rows and no others',
    run: async ({ open, first, second }) => {
      const scope = await open()
      await scope.run(first.id, async () => {
        equal(await scope.update(alphaOf(second), { name: 'taken' }), 0)
        equal(await scope.remove(alphaOf(second)), 0)
        equal(await scope.update(alphaOf(first), { name: 'renamed' }), 1)
        equal(await scope.remove(alphaOf(first)), 1)
      })
      equal((await scope.run(second.id, () => scope.find(alphaOf(second))))?.name, 'alpha')
    },
  },
  {
    id: 'F2',
    title: 'a reference to a row of another organization fails like one to no row',
    run: async (stage) => {
      const scope = await stage.open()
      equal(await attach(scope, stage.first.id, alphaOf(stage.first)), 'accepted')
      const unknown = await attach(scope, stage.first.id, randomUUID())
      notEqual(unknown, 'accepted')
      equal(await attach(scope, stage.first.id, alphaOf(stage.second)), unknown)
    },
  },
  {
    id: 'F3',
    title: 'deleting a row deletes none of another organization',
    run: async (stage) => {
      const scope = await stage.open()
      await attach(scope, stage.first.id, alphaOf(stage.second))
      const before = await countTests(stage)
      equal(await scope.run(stage.second.id, () => scope.remove(alphaOf(stage.second))), 1)
      equal((await countTests(stage))[0]?.['n'], before[0]?.['n'])
    },
  },
  {
    id: 'F16',
    title: 'a row is not connected to one of another organization inside a transaction',
    run: async ({ open, database, first, second }) => {
      const scope = await open()
      const connect = (): Promise<unknown> =>
        scope.run(first.id, () =>
          scope.transaction(async (queries) => {
            await queries.insert({ name: 'parent' })
            await queries.insertTest({ repositoryId: alphaOf(second), title: 'connected' })
          }),
        )
      await expectRefusal(connect)
      const rows = await database.admin(`select from tests where title = 'connected' and org_id = $1`, [first.id])
      equal(rows.length, 0)
    },
  },
  {
    id: 'F4',
    title: 'a unique name that another organization has is free',
    run: async ({ open, first, second }) => {
      const scope = await open()
      expectOwned([await scope.run(first.id, () => scope.insert({ name: second.secret }))], first.id)
      await expectRefusal(() => scope.run(first.id, () => scope.insert({ name: first.secret })), '23505')
    },
  },
  {
    id: 'F5',
    title: 'an upsert sees no row of another organization in its way',
    run: async ({ open, first, second }) => {
      const scope = await open()
      await scope.run(first.id, async () => {
        await scope.upsert({ name: second.secret, organizationId: first.id })
        await scope.upsert({ name: first.secret, organizationId: first.id })
        const names = (await scope.list()).map((row) => row.name)
        equal(names.filter((name) => name === second.secret).length, 1)
        equal(names.filter((name) => name === first.secret).length, 1)
      })
      // A conflict that may be with any key would leave the row out and say nothing.
      const name = `${second.secret}-more`
      await scope.run(second.id, () => scope.insert({ name }))
      const insert = `insert into repositories (name) values ('${name}') on conflict do nothing returning name`
      deepEqual(await scope.run(first.id, () => scope.query(insert)), [{ name }])
      await expectRefusal(
        () => scope.run(first.id, () => scope.upsert({ name: 'x', organizationId: second.id })),
        ...planted,
      )
    },
  },
]
