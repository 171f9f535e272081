import { describe, expect, it } from 'vitest'
import { compiled, compilingKysely, first, second, tenancy } from './compiled-query.fixture.ts'
import { tenantFilterPlugin } from './tenant-filter-plugin.ts'

const db = compilingKysely(tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] }))

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

  it('adds nothing in bootstrap, and takes back what was added to subqueries before', () => {
    expect(tenancy.bootstrap(() => db.selectFrom('tests').selectAll().compile().sql)).toBe('select * from "tests"')
    const built = tenancy.run({ organizationId: first }, () =>
      db
        .with('x', (q) => q.selectFrom('tests').select('id'))
        .selectFrom('plans')
        .selectAll()
        .where('id', 'in', db.selectFrom('tests').select('id')),
    )
    expect(tenancy.bootstrap(() => built.compile().sql)).not.toContain('org_id')
    expect(compiled(() => built).match(/\$T/g)).toHaveLength(2)
  })

  it('survives a refusal in the middle of a query', () => {
    expect(
      compiled(() =>
        db
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
