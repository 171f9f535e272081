import type { Session } from '../../database/session.ts'
import type { QualifiedName } from '../../sql/identifier.ts'

/** The type of a column, with domains resolved. */
export interface ColumnType {
  /** As a cast writes it: `character varying(20)`, `public."Kind"`. */
  readonly written: string
  /** Below any domain, with modifiers. */
  readonly base: string
  /** The labels of an enum, or of the elements of an array of them. */
  readonly labels: readonly string[]
  /** The element type of an array; null for all other types. */
  readonly element: string | null
  /** A range or multirange type. */
  readonly range: boolean
  /** A domain of it refuses NULL. */
  readonly notNull: boolean
}

/** The types of the columns of all tables of these schemas, by `schema.table` and column, as {@link columnTypesKey} writes it. */
export type ColumnTypes = ReadonlyMap<string, ReadonlyMap<string, ColumnType>>

export function columnTypesKey(table: QualifiedName): string {
  return `${table.schema}\0${table.name}`
}

const columnTypeQuery = `
with recursive resolved as (
  select c.oid as relation, n.nspname as schema, c.relname as name, a.attname as column_name, a.atttypid as type, a.atttypmod as modifier,
         format_type(a.atttypid, a.atttypmod) as written, false as not_null
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and a.attnum > 0 and not a.attisdropped and n.nspname = any($1)
  union all
  select r.relation, r.schema, r.name, r.column_name, t.typbasetype, t.typtypmod, r.written, r.not_null or t.typnotnull
  from resolved r join pg_type t on t.oid = r.type where t.typtype = 'd'
)
select r.schema, r.name, r.column_name as "column", r.written, format_type(r.type, r.modifier) as base,
       bool_or(r.not_null) over (partition by r.relation, r.column_name) as "notNull",
       t.typtype in ('r', 'm') as range,
       case when t.typcategory = 'A' and t.typelem <> 0 then format_type(t.typelem, r.modifier) end as element,
       (select coalesce(jsonb_agg(e.enumlabel order by e.enumsortorder), '[]'::jsonb) from pg_enum e where e.enumtypid in (t.oid, t.typelem)) as labels
from resolved r join pg_type t on t.oid = r.type where t.typtype <> 'd'`

/** Reads the types of all columns of the schemas, in one query. */
export async function readColumnTypes(session: Session, schemas: readonly string[]): Promise<ColumnTypes> {
  const { rows } = await session.query<ColumnType & { schema: string; name: string; column: string }>(columnTypeQuery, [
    schemas,
  ])
  const types = new Map<string, Map<string, ColumnType>>()
  for (const { schema, name, column, ...type } of rows) {
    const key = columnTypesKey({ schema, name })
    types.set(key, (types.get(key) ?? new Map<string, ColumnType>()).set(column, type))
  }
  return types
}
