import type { Generated, Insertable, Selectable, Updateable } from 'kysely'
import { describe, expectTypeOf, it } from 'vitest'
import { compilingKysely } from './compiled-query.fixture.ts'
import type { TenantDatabase } from './tenant-database.ts'

interface Database {
  readonly repositories: { readonly id: Generated<string>; readonly org_id: string; readonly name: string | null }
  readonly tests: { readonly id: string; readonly org_id: Generated<string> }
  readonly plans: { readonly id: string; readonly org_id: string }
}

type Tenants = TenantDatabase<Database, 'org_id', 'repositories' | 'tests'>

const kysely = compilingKysely<Tenants>()

// What the compiler checks; run, these do nothing.
describe('TenantDatabase', () => {
  it('selects the tenant column', () => {
    expectTypeOf<Selectable<Tenants['repositories']>>().toEqualTypeOf<{
      id: string
      org_id: string
      name: string | null
    }>()
    expectTypeOf<Selectable<Tenants['tests']>['org_id']>().toEqualTypeOf<string>()
    kysely.selectFrom('repositories').select('org_id').where('org_id', '=', 'x')
  })

  it('takes it out of what is inserted and updated', () => {
    expectTypeOf<keyof Insertable<Tenants['repositories']>>().toEqualTypeOf<'id' | 'name'>()
    expectTypeOf<keyof Updateable<Tenants['repositories']>>().toEqualTypeOf<'id' | 'name'>()
    expectTypeOf<keyof Insertable<Tenants['tests']>>().toEqualTypeOf<'id'>()
    kysely.insertInto('repositories').values({ name: 'web' })
    // @ts-expect-error -- the tenant column is filled, never given
    kysely.insertInto('repositories').values({ name: 'web', org_id: 'x' })
    // @ts-expect-error -- a row does not change hands
    kysely.updateTable('tests').set({ org_id: 'x' })
    // @ts-expect-error -- a row does not change hands
    kysely.updateTable('tests').set('org_id', 'x')
    kysely
      .insertInto('repositories')
      .values({ name: 'web' })
      // @ts-expect-error -- a row does not change hands
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ org_id: 'x' }))
  })

  it('leaves the other columns and the other tables as they are', () => {
    expectTypeOf<Insertable<Tenants['repositories']>>().toEqualTypeOf<
      Insertable<Omit<Database['repositories'], 'org_id'>>
    >()
    expectTypeOf<Tenants['plans']>().toEqualTypeOf<Database['plans']>()
    kysely.insertInto('plans').values({ id: '1', org_id: 'x' })
  })

  it('accepts only tables of the database', () => {
    // @ts-expect-error -- no such table
    expectTypeOf<TenantDatabase<Database, 'org_id', 'missing'>>().toBeObject()
  })
})
