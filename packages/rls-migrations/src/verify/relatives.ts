import type { Session } from '../database/session.ts'
import { sameName, type QualifiedName } from '../sql/identifier.ts'
import { outwardReason } from './outward-triggers.ts'
import type { Reactions } from './read-reactions.ts'

/** A relation that shows the rows of a table under another name, with every column that names them. */
export interface Relative extends QualifiedName {
  readonly of: QualifiedName
  readonly columns: readonly string[]
  /** A trigger or a rule of it stands in for the write, and may do anything. */
  readonly reacts: boolean
}

// Partitions, parents and heirs share the rows; so does a view that the server can write through. Of views upon views
// the lowest is enough here: what A sees through the others is compared apart from this.
const relativeQuery = `
with recursive kin as (
  select i.inhparent as one, i.inhrelid as other from pg_inherits i
  union all
  select i.inhrelid, i.inhparent from pg_inherits i
), family as (
  select one, other from kin
  union
  select f.one, k.other from family f join kin k on k.one = f.other where k.other <> f.one
), views as (
  select d.refobjid as one, r.ev_class as other
  from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
  join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
  where d.refobjid <> r.ev_class
  group by 1, 2
)
select jsonb_build_object('schema', tn.nspname, 'name', t.relname) as of, n.nspname as schema, c.relname as name,
       (select jsonb_agg(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       exists (select from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 64 <> 0)
         or exists (select from pg_rewrite w where w.ev_class = c.oid and w.ev_type <> '1') as reacts
from (select * from family union select * from views) pair
join pg_class t on t.oid = pair.one join pg_namespace tn on tn.oid = t.relnamespace
join pg_class c on c.oid = pair.other join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v') and t.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and has_schema_privilege($1, n.oid, 'usage')
  and (has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege($1, c.oid, 'DELETE'))
order by 1, 2, 3`

/** Reads the relatives of all tables that the application may use in some way. */
export async function readRelatives(session: Session, app: string): Promise<readonly Relative[]> {
  const { rows } = await session.query<Relative>(relativeQuery, [app])
  return rows
}

/** The relatives of a table, but for those that reach outside of the transaction when something is written to them. */
export function relativesOf(
  { relatives, reactions }: { readonly relatives: readonly Relative[]; readonly reactions: Reactions },
  table: QualifiedName,
): readonly Relative[] {
  return relatives.filter(
    (one) => sameName(one.of, table) && !(one.reacts && outwardReason(one, reactions) !== undefined),
  )
}
