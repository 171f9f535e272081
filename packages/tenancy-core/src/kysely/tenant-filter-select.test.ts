import { CamelCasePlugin, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { compiled, compilingKysely, tenancy } from './compiled-query.fixture.ts'
import { tenantFilterPlugin } from './tenant-filter-plugin.ts'

const db = compilingKysely(tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] }))

describe('select', () => {
  it('filters the table under the name that the query gives it', () => {
    expect(compiled(() => db.selectFrom('repositories').selectAll())).toBe(
      'select * from "repositories" where "repositories"."org_id" = $T',
    )
    expect(compiled(() => db.selectFrom('repositories as r').select('r.id').where('r.name', '=', 'web'))).toBe(
      'select "r"."id" from "repositories" as "r" where "r"."org_id" = $T and ("r"."name" = $2)',
    )
    expect(compiled(() => db.selectFrom(db.dynamic.table('repositories').as('d')).selectAll())).toBe(
      'select * from "repositories" as "d" where "d"."org_id" = $T',
    )
  })

  it('keeps an OR in raw SQL from opening the filter', () => {
    expect(
      compiled(() =>
        db
          .selectFrom('tests')
          .select('id')
          .where(sql<boolean>`id = 1 or true`),
      ),
    ).toBe('select "id" from "tests" where "tests"."org_id" = $T and (id = 1 or true)')
    expect(
      compiled(() =>
        db
          .selectFrom('plans')
          .leftJoin('tests', (join) => join.on(sql<boolean>`true or true`))
          .select('plans.id'),
      ),
    ).toBe('select "plans"."id" from "plans" left join "tests" on "tests"."org_id" = $T and (true or true)')
  })

  it('puts the filter of a joined table into its ON clause', () => {
    const joined = compiled(() =>
      db.selectFrom('repositories as r').leftJoin('tests as t', 't.repository_id', 'r.id').selectAll(),
    )
    expect(joined).toBe(
      'select * from "repositories" as "r" left join "tests" as "t" on "t"."org_id" = $T and ' +
        '("t"."repository_id" = "r"."id") where "r"."org_id" = $T',
    )
  })

  it('guards what right and full joins would lose or keep', () => {
    expect(
      compiled(() => db.selectFrom('repositories as r').rightJoin('tests as t', 't.repository_id', 'r.id').selectAll()),
    ).toBe(
      'select * from "repositories" as "r" right join "tests" as "t" on "r"."org_id" = $T and ' +
        '("t"."repository_id" = "r"."id") where "t"."org_id" = $T',
    )
    expect(
      compiled(() => db.selectFrom('repositories as r').fullJoin('tests as t', 't.repository_id', 'r.id').selectAll()),
    ).toBe(
      'select * from ("repositories" as "r" inner join (select) as "partywall_guard_0" on "r"."org_id" = $T) full join ' +
        '("tests" as "t" inner join (select) as "partywall_guard_1" on "t"."org_id" = $T) on "t"."repository_id" = "r"."id"',
    )
  })

  it('reaches subqueries wherever they stand, and builders inside raw SQL', () => {
    const counted = compiled(() =>
      db
        .selectFrom('plans')
        .select((eb) => eb.selectFrom('tests').select(eb.fn.countAll().as('n')).as('tests'))
        .where((eb) => eb.exists(eb.selectFrom('repositories').select('id')))
        .where('id', 'in', (eb) => eb.selectFrom('tests').select('id'))
        .where(sql<boolean>`id > all (${db.selectFrom('repositories').select('id')})`),
    )
    expect(counted.match(/\$T/g)?.length).toBeGreaterThanOrEqual(4)
    for (const table of ['tests', 'repositories']) {
      expect(counted.split(`from "${table}"`)).toHaveLength(3)
      expect(counted.split(`from "${table}" where "${table}"."org_id" = $T`)).toHaveLength(3)
    }
  })

  it('filters every arm of a set operation', () => {
    expect(
      compiled(() => db.selectFrom('tests').select('id').unionAll(db.selectFrom('repositories').select('id'))).split(
        '$T',
      ).length,
    ).toBeGreaterThanOrEqual(3)
  })

  it('leaves raw SQL, shared tables and tables of other schemas alone', () => {
    expect(compiled(() => sql`select * from repositories`.compile(db) && db.selectFrom('plans').selectAll())).toBe(
      'select * from "plans"',
    )
    expect(compiled(() => db.selectFrom(sql<{ id: number }>`repositories`.as('r')).selectAll())).not.toContain('$T')
    const schema = compilingKysely(tenantFilterPlugin({ tenancy, tables: ['app.tests'] }))
    expect(compiled(() => schema.withSchema('app').selectFrom('tests').selectAll())).toBe(
      'select * from "app"."tests" where "app"."tests"."org_id" = $T',
    )
    expect(compiled(() => schema.withSchema('other').selectFrom('tests').selectAll())).not.toContain('$T')
    expect(compiled(() => schema.selectFrom('tests').selectAll())).toContain('$T')
  })

  it('knows tables by their names in the database, behind a plugin that renames', () => {
    const camel = compilingKysely<{ testRuns: { id: number } }>(
      new CamelCasePlugin(),
      tenantFilterPlugin({ tenancy, tables: ['test_runs'] }),
    )
    expect(compiled(() => camel.selectFrom('testRuns').selectAll())).toBe(
      'select * from "test_runs" where "test_runs"."org_id" = $T',
    )
  })
})

describe('with', () => {
  it('hides the table of the same name, and not inside its own expression', () => {
    expect(
      compiled(() =>
        db
          .with('tests', (q) => q.selectFrom('tests').select('id'))
          .selectFrom('tests')
          .select('id'),
      ),
    ).toBe('with "tests" as (select "id" from "tests" where "tests"."org_id" = $T) select "id" from "tests"')
  })

  it('hides it inside too when it is recursive', () => {
    const text = compiled(() =>
      db
        .withRecursive('tests', (q) =>
          q.selectFrom('repositories').select('id').union(q.selectFrom('tests').select('id')),
        )
        .selectFrom('tests')
        .select('id'),
    )
    expect(text.match(/\$T/g)).toHaveLength(1)
  })

  it('does not hide the table that is written to', () => {
    expect(compiled(() => db.with('tests', (q) => q.selectFrom('plans').select('id')).deleteFrom('tests'))).toBe(
      'with "tests" as (select "id" from "plans") delete from "tests" where "tests"."org_id" = $T',
    )
  })

  it('ends with the query that introduces it', () => {
    const text = compiled(() =>
      db
        .selectFrom(() =>
          sql<{ id: number }>`(${db
            .with('tests', (q) => q.selectFrom('plans').select('id'))
            .selectFrom('tests')
            .select('id')})`.as('inner'),
        )
        .innerJoin('tests', 'tests.id', 'inner.id')
        .select('tests.id'),
    )
    expect(text.match(/\$T/g)).toHaveLength(1)
    expect(text).toContain('on "tests"."org_id" = $T')
  })
})
