import { DummyDriver, Kysely, PostgresAdapter, PostgresQueryCompiler } from 'kysely'
import type { CompiledQuery, KyselyPlugin } from 'kysely'
import { createTenancy } from '../tenancy.ts'
import type { Tenancy } from '../tenancy.ts'

interface Row {
  readonly id: number
  readonly org_id: unknown
  readonly name: unknown
  readonly repository_id: unknown
}

/** Two tenant tables and a shared one, typed loosely: callers may write what the types would forbid. */
export type LooseSchema = Record<'repositories' | 'tests' | 'plans', Partial<Row>>

export const first = '00000000-0000-4000-8000-000000000001'
export const second = '00000000-0000-4000-8000-000000000002'
export const tenancy: Tenancy = createTenancy({ pool: {} })

/** A Kysely that compiles for PostgreSQL and sends nothing. */
export function compilingKysely<Schema = LooseSchema>(...plugins: KyselyPlugin[]): Kysely<Schema> {
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

/** The SQL for the first organization, with `$T` for its id; or the code of the refusal. */
export function compiled(build: () => { compile(): CompiledQuery }): string {
  try {
    const { sql, parameters } = tenancy.run({ organizationId: first }, () => build().compile())
    return sql.replaceAll(/\$(\d+)/g, (_, n: string) => (parameters[Number(n) - 1] === first ? '$T' : `$${n}`))
  } catch (error) {
    return (error as { code: string }).code
  }
}
