import type { ColumnType, SelectType } from 'kysely'

/**
 * The types of a Kysely database whose tenant tables fill the tenant column by themselves: it can be selected and
 * compared, and is absent from what is inserted and updated.
 *
 * @example
 * ```ts
 * const kysely = new Kysely<TenantDatabase<Database, 'org_id', 'repositories' | 'tests'>>({ dialect, plugins })
 * const web = kysely.insertInto('repositories').values({ name: 'web' }).returning('name')
 * await tenancy.run({ organizationId }, () => web.execute()) // [{ name: 'web' }]
 * ```
 */
export type TenantDatabase<Database, Column extends string, Tables extends keyof Database> = {
  [Table in keyof Database]: Table extends Tables ? TenantTable<Database[Table], Column> : Database[Table]
}

type TenantTable<Table, Column extends string> = {
  [Name in keyof Table]: Name extends Column ? ColumnType<SelectType<Table[Name]>, never, never> : Table[Name]
}
