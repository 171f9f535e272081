import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { compiled, compilingKysely, first, second, tenancy } from './compiled-query.fixture.ts'
import { tenantFilterPlugin } from './tenant-filter-plugin.ts'

const db = compilingKysely(tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] }))

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

  it('places filters in the joins of update and delete as in those of select', () => {
    const update = db.updateTable('tests as t').set({ name: 'x' }).from('plans as p')
    expect(compiled(() => update.leftJoin('repositories as r', 'r.id', 'p.id'))).toBe(
      'update "tests" as "t" set "name" = $1 from "plans" as "p" left join "repositories" as "r" on "r"."org_id" = $T ' +
        'and ("r"."id" = "p"."id") where "t"."org_id" = $T',
    )
    const remove = db.deleteFrom('tests as t').using('repositories as r')
    expect(compiled(() => remove.fullJoin('plans as p', 'r.id', 'p.id'))).toBe(
      'delete from "tests" as "t" using ("repositories" as "r" inner join (select) as "partywall_guard_0" on ' +
        '"r"."org_id" = $T) full join "plans" as "p" on "r"."id" = "p"."id" where "t"."org_id" = $T',
    )
  })

  it('stamps rows, defaults and selected rows', () => {
    const insert = db.insertInto('repositories')
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
      db.insertInto('repositories').values(rows).compile(),
    )
    expect(parameters).toHaveLength(40_000)
  })

  it('refuses rows of another tenant and what cannot be compared', () => {
    const insert = db.insertInto('repositories')
    const update = db.updateTable('repositories')
    expect(compiled(() => insert.values({ id: 1, org_id: second }))).toBe('TENANT_MISMATCH')
    expect(compiled(() => insert.values([{ id: 1 }, { id: 1, org_id: second }]))).toBe('TENANT_MISMATCH')
    expect(compiled(() => insert.values({ id: 1, org_id: null }))).toBe('TENANT_MISMATCH')
    expect(compiled(() => insert.values({ id: 1, org_id: sql`gen_random_uuid()` }))).toBe('TENANT_MISMATCH')
    expect(compiled(() => update.set({ org_id: second }))).toBe('TENANT_MISMATCH')
    expect(compiled(() => update.set({ org_id: sql`org_id` }))).toBe('TENANT_MISMATCH')
    expect(compiled(() => update.set({ org_id: first }))).toContain('set "org_id" = $T')
    expect(compiled(() => update.from('plans').set((eb) => ({ org_id: eb.ref('plans.org_id') })))).toBe(
      'TENANT_MISMATCH',
    )
    expect(compiled(() => insert.expression((eb) => eb.selectFrom('plans').selectAll()))).toBe('STATEMENT_UNSUPPORTED')
    const copy = insert.columns(['id', 'org_id'])
    expect(compiled(() => copy.expression((eb) => eb.selectFrom('plans').select(['id', 'org_id'])))).toBe(
      'TENANT_MISMATCH',
    )
    expect(compiled(() => copy.expression((eb) => eb.selectFrom('tests').selectAll()))).toBe('TENANT_MISMATCH')
    const behindAll = () => copy.expression((eb) => eb.selectFrom('tests').selectAll().select(eb.val(first).as('own')))
    expect(compiled(behindAll)).toBe('TENANT_MISMATCH')
    const ofEither = () =>
      copy.expression((eb) => eb.selectFrom('tests').crossJoin('plans').select(['tests.id', 'org_id']))
    expect(compiled(ofEither)).toBe('TENANT_MISMATCH')
    expect(compiled(() => copy.expression((eb) => eb.selectFrom('tests').select(['id', 'org_id'])))).toContain('where')
  })

  it('updates only the tenant when rows conflict', () => {
    const upsert = db.insertInto('repositories').values({ id: 1, name: 'x' })
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
    expect(compiled(assign('excluded'))).toContain('"excluded"."org_id"')
    expect(compiled(assign(second))).toBe('TENANT_MISMATCH')
  })

  it('filters both sides of a merge and stamps what it inserts', () => {
    const merge = db
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
      db
        .mergeInto('repositories as r')
        .using('tests as t', 't.repository_id', 'r.id')
        .whenNotMatched()
        .thenInsertValues((eb) => ({ id: 1, org_id: value === 'source' ? eb.ref('t.org_id') : value }))
    expect(compiled(given('source'))).toContain('"t"."org_id"')
    expect(compiled(given(second))).toBe('TENANT_MISMATCH')
    const moved = () =>
      db
        .mergeInto('repositories as r')
        .using('tests as t', 't.repository_id', 'r.id')
        .whenMatched()
        .thenUpdateSet({ org_id: second })
    expect(compiled(moved)).toBe('TENANT_MISMATCH')
  })
})
