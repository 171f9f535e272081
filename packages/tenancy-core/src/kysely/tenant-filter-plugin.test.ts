import { CamelCasePlugin, DummyDriver, Kysely, PostgresAdapter, PostgresQueryCompiler, sql } from 'kysely'
import type { CompiledQuery, KyselyPlugin } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createTenancy } from '../tenancy.ts'
import { tenantFilterPlugin } from './tenant-filter-plugin.ts'

interface Schema {
  readonly repositories: { readonly id: number; readonly org_id: string; readonly name: string }
  readonly tests: {
    readonly id: number
    readonly org_id: string
    readonly repository_id: number
    readonly name: string
  }
  readonly plans: { readonly id: number; readonly name: string }
}

const tenancy = createTenancy({ pool: {} })
const plugin = tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] })
const db = kyselyWith(plugin)
const first = '00000000-0000-4000-8000-000000000001'
const second = '00000000-0000-4000-8000-000000000002'

function kyselyWith(...plugins: KyselyPlugin[]): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: () => {
        throw new Error('not used')
      },
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    plugins,
  })
}

function compiled(build: () => { compile(): CompiledQuery }): string {
  const { sql: text, parameters } = tenancy.run({ organizationId: first }, () => build().compile())
  return text.replaceAll(/\$(\d+)/g, (_, n: string) => (parameters[Number(n) - 1] === first ? '$T' : `$${n}`))
}

function refusal(build: () => { compile(): CompiledQuery }): string {
  try {
    return compiled(build)
  } catch (error) {
    return (error as { code: string }).code
  }
}

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
    const schema = kyselyWith(tenantFilterPlugin({ tenancy, tables: ['app.tests'] }))
    expect(compiled(() => schema.withSchema('app').selectFrom('tests').selectAll())).toBe(
      'select * from "app"."tests" where "app"."tests"."org_id" = $T',
    )
    expect(compiled(() => schema.withSchema('other').selectFrom('tests').selectAll())).not.toContain('$T')
    expect(compiled(() => schema.selectFrom('tests').selectAll())).toContain('$T')
  })

  it('knows tables by their names in the database, behind a plugin that renames', () => {
    const camel = new Kysely<{ testRuns: { id: number } }>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: () => {
          throw new Error('not used')
        },
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
      plugins: [new CamelCasePlugin(), tenantFilterPlugin({ tenancy, tables: ['test_runs'] })],
    })
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

describe('write', () => {
  it('filters the target and the sources of update and delete', () => {
    expect(
      compiled(() =>
        db
          .updateTable('tests as t')
          .from('repositories as r')
          .set({ name: 'x' })
          .whereRef('r.id', '=', 't.repository_id'),
      ),
    ).toBe(
      'update "tests" as "t" set "name" = $1 from "repositories" as "r" where "t"."org_id" = $T and ' +
        '"r"."org_id" = $T and ("r"."id" = "t"."repository_id")',
    )
    expect(
      compiled(() =>
        db.deleteFrom('tests').using('repositories').whereRef('repositories.id', '=', 'tests.repository_id'),
      ),
    ).toBe(
      'delete from "tests" using "repositories" where "tests"."org_id" = $T and "repositories"."org_id" = $T and ' +
        '("repositories"."id" = "tests"."repository_id")',
    )
  })

  it('stamps rows, defaults and selected rows', () => {
    const insert = untyped(db).insertInto('repositories')
    expect(compiled(() => insert.values([{ id: 1 }, { id: 2 }]))).toBe(
      'insert into "repositories" ("id", "org_id") values ($1, $T), ($3, $T)',
    )
    expect(compiled(() => insert.values([{ id: 1, org_id: first }, { id: 2 }]))).toBe(
      'insert into "repositories" ("id", "org_id") values ($1, $T), ($3, $T)',
    )
    expect(compiled(() => insert.values([{}, {}]))).toBe('insert into "repositories" ("org_id") values ($T), ($T)')
    expect(compiled(() => insert.defaultValues())).toBe('insert into "repositories" ("org_id") values ($T)')
    expect(
      compiled(() => insert.columns(['id']).expression((eb) => eb.selectFrom('plans').select('id').orderBy('id'))),
    ).toBe(
      'insert into "repositories" ("id", "org_id") select "id", $T as "partywall_tenant" from "plans" order by "id"',
    )
    expect(
      compiled(() => insert.columns(['id']).expression((eb) => eb.selectFrom('plans').select('id').distinct())),
    ).toBe(
      'insert into "repositories" ("id", "org_id") select "partywall_rows".*, $T as "partywall_tenant" from ' +
        '(select distinct "id" from "plans") as "partywall_rows"',
    )
  })

  it('writes the literal out where parameters would run out', () => {
    const rows = Array.from({ length: 40_000 }, (_, id) => ({ id }))
    const { parameters } = tenancy.run({ organizationId: first }, () =>
      untyped(db).insertInto('repositories').values(rows).compile(),
    )
    expect(parameters).toHaveLength(40_000)
  })

  it('refuses rows of another tenant and what cannot be compared', () => {
    const insert = untyped(db).insertInto('repositories')
    const update = untyped(db).updateTable('repositories')
    expect(refusal(() => insert.values({ id: 1, org_id: second }))).toBe('TENANT_MISMATCH')
    expect(refusal(() => insert.values([{ id: 1 }, { id: 1, org_id: second }]))).toBe('TENANT_MISMATCH')
    expect(refusal(() => insert.values({ id: 1, org_id: null }))).toBe('TENANT_MISMATCH')
    expect(refusal(() => insert.values({ id: 1, org_id: sql`gen_random_uuid()` }))).toBe('TENANT_MISMATCH')
    expect(refusal(() => update.set({ org_id: second }))).toBe('TENANT_MISMATCH')
    expect(refusal(() => update.set({ org_id: sql`org_id` }))).toBe('TENANT_MISMATCH')
    expect(refusal(() => update.set({ org_id: first }))).toContain('set "org_id" = $T')
    expect(refusal(() => update.from('plans').set((eb) => ({ org_id: eb.ref('plans.org_id') })))).toBe(
      'TENANT_MISMATCH',
    )
    expect(refusal(() => insert.expression((eb) => eb.selectFrom('plans').selectAll()))).toBe('STATEMENT_UNSUPPORTED')
    const copy = insert.columns(['id', 'org_id'])
    expect(refusal(() => copy.expression((eb) => eb.selectFrom('plans').select(['id', 'org_id'])))).toBe(
      'TENANT_MISMATCH',
    )
    expect(refusal(() => copy.expression((eb) => eb.selectFrom('tests').selectAll()))).toBe('TENANT_MISMATCH')
    expect(refusal(() => copy.expression((eb) => eb.selectFrom('tests').select(['id', 'org_id'])))).toContain('where')
  })

  it('updates only the tenant when rows conflict', () => {
    const upsert = untyped(db).insertInto('repositories').values({ id: 1, name: 'x' })
    expect(
      compiled(() =>
        upsert.onConflict((oc) => oc.column('id').doUpdateSet({ name: 'y' }).where('repositories.id', '>', 0)),
      ),
    ).toBe(
      'insert into "repositories" ("id", "name", "org_id") values ($1, $2, $T) on conflict ("id") do update set "name" ' +
        '= $4 where "repositories"."org_id" = $T and ("repositories"."id" > $6)',
    )
    const assign = (value: unknown) => () =>
      upsert.onConflict((oc) =>
        oc.column('id').doUpdateSet((eb) => ({ org_id: value === 'excluded' ? eb.ref('excluded.org_id') : value })),
      )
    expect(refusal(assign('excluded'))).toContain('"excluded"."org_id"')
    expect(refusal(assign(second))).toBe('TENANT_MISMATCH')
  })

  it('filters both sides of a merge and stamps what it inserts', () => {
    const merge = untyped(db)
      .mergeInto('repositories as r')
      .using('tests as t', 't.repository_id', 'r.id')
      .whenMatched()
      .thenUpdateSet({ name: 'x' })
      .whenNotMatched()
      .thenInsertValues((eb) => ({ id: eb.ref('t.id') }))
      .whenNotMatchedBySourceAnd('r.id', '>', 5)
      .thenDelete()
    expect(compiled(() => merge)).toBe(
      'merge into "repositories" as "r" using ("tests" as "t" inner join (select) as "partywall_guard_0" on ' +
        '"t"."org_id" = $T) on "r"."org_id" = $T and ("t"."repository_id" = "r"."id") ' +
        'when matched then update set "name" = $3 ' +
        'when not matched then insert ("id", "org_id") values ("t"."id", $T) ' +
        'when not matched by source and "r"."org_id" = $T and ("r"."id" > $6) then delete',
    )
    const given = (value: string) => () =>
      untyped(db)
        .mergeInto('repositories as r')
        .using('tests as t', 't.repository_id', 'r.id')
        .whenNotMatched()
        .thenInsertValues((eb) => ({ id: 1, org_id: value === 'source' ? eb.ref('t.org_id') : value }))
    expect(refusal(given('source'))).toContain('"t"."org_id"')
    expect(refusal(given(second))).toBe('TENANT_MISMATCH')
  })
})

describe('scope', () => {
  it('is required for tenant tables, and only for those', () => {
    expect(() => db.selectFrom('tests').selectAll().compile()).toThrow(
      expect.objectContaining({ code: 'TENANT_REQUIRED' }),
    )
    expect(db.selectFrom('plans').selectAll().compile().sql).toBe('select * from "plans"')
    expect(db.schema.createView('v').as(db.selectFrom('plans').select('id')).compile().sql).not.toContain('$')
  })

  it('is read when a query is compiled, anew each time', () => {
    const query = db.selectFrom('tests').selectAll()
    const tenants = [first, second].map((organizationId) =>
      tenancy.run({ organizationId }, () => query.compile().parameters),
    )
    expect(tenants).toEqual([[first], [second]])
  })

  it('counts for a subquery of the same Kysely where the whole query is compiled', () => {
    const outer = () => db.selectFrom('plans').selectAll().where('id', 'in', db.selectFrom('tests').select('id'))
    const built = tenancy.run({ organizationId: second }, outer)
    expect(compiled(() => built)).toBe(
      'select * from "plans" where "id" in (select "id" from "tests" where "tests"."org_id" = $T)',
    )
  })

  it('lets a name of WITH hide tables in a subquery of the same Kysely', () => {
    const text = compiled(() =>
      db
        .with('tests', (q) => q.selectFrom('plans').select('id'))
        .selectFrom('plans')
        .select('id')
        .where('id', 'in', db.selectFrom('tests').select('id')),
    )
    expect(text).not.toContain('$T')
  })

  it('adds nothing in bootstrap', () => {
    expect(tenancy.bootstrap(() => db.selectFrom('tests').selectAll().compile().sql)).toBe('select * from "tests"')
  })

  it('survives a refusal in the middle of a query', () => {
    expect(
      refusal(() =>
        untyped(db)
          .with('plans', (q) => q.insertInto('tests').values({ org_id: second }))
          .selectFrom('plans')
          .selectAll(),
      ),
    ).toBe('TENANT_MISMATCH')
    expect(compiled(() => db.selectFrom('tests').select('id'))).toContain('$T')
  })
})

describe('tenantFilterPlugin', () => {
  it.each([
    [{ tables: [] }],
    [{ tables: ['a.b.c'] }],
    [{ tables: ['a.'] }],
    [{ tables: ['a'], column: '' }],
    [{ tables: ['a'], tenantColumn: 'org_id' }],
  ])('refuses %j', (options) => {
    expect(() => tenantFilterPlugin({ tenancy, ...options })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  })
})

type Row = Record<'id' | 'org_id' | 'name' | 'repository_id', unknown>

/** As a caller without the types would write it. */
function untyped(kysely: Kysely<Schema>): Kysely<Record<'repositories' | 'tests' | 'plans', Partial<Row>>> {
  return kysely.withTables<Record<'repositories' | 'tests' | 'plans', Partial<Row>>>()
}
