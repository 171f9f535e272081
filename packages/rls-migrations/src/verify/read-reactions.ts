import type { Catalog } from '../catalog/catalog.ts'
import type { Session } from '../database/session.ts'
import type { QualifiedName } from '../sql/identifier.ts'

/** A function of the host, and what it is written in. */
export interface HostFunction extends QualifiedName {
  readonly language: string
  readonly body: string
  /** The search path that it sets for itself; null when it runs with that of its caller. */
  readonly path: string | null
}

/** What a write to a table sets off: a function that it calls, or the text of a rule. */
export interface TableReaction {
  readonly kind: 'trigger' | 'rule' | 'check' | 'column' | 'index' | 'policy' | 'domain' | 'cast'
  readonly table: QualifiedName
  readonly name: string
  /** Null for a rule. */
  readonly function: QualifiedName | null
  /** What a rule is: when it applies, and what is done then. Null for all others. */
  readonly body: string | null
}

/** An operator of the host: in a body it is no word, and calls a function all the same. */
export interface HostOperator {
  readonly schema: string
  readonly symbol: string
  readonly function: QualifiedName
}

export interface Reactions {
  readonly functions: readonly HostFunction[]
  readonly operators: readonly HostOperator[]
  readonly triggers: readonly TableReaction[]
  /** Tables whose rows take numbers from a sequence. */
  readonly numbered: readonly QualifiedName[]
}

const functionQuery = (version: number): string => `
select n.nspname as schema, p.proname as name, l.lanname as language,
       ${version >= 140000 ? 'coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)' : 'p.prosrc'} as body,
       (select substr(c, length('search_path=') + 1) from unnest(p.proconfig) c where c like 'search_path=%') as path
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and (p.prorettype = 'trigger'::regtype or not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))
  -- What the server makes beside a range type is its own.
  and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')`

// Checks, generated columns, indexes, policies, domains and casts call functions of the host with each row, as triggers do;
// an operator is the function behind it.
const triggerQuery = `
with recursive uses as (
  select d.classid, d.objid, case when d.refclassid = 'pg_operator'::regclass then o.oprcode::oid else d.refobjid end as function
  from pg_depend d left join pg_operator o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
  where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
), parts as (
  select a.attrelid as relation, a.atttypid as type from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and a.atttypid >= 16384
  union
  select p.relation, inner_type.oid from parts p join pg_type t on t.oid = p.type cross join lateral (
    select t.typbasetype union all select t.typelem
    union all select a.atttypid from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) inner_type(oid) where inner_type.oid >= 16384
), called as (
  select 'check' as kind, k.conrelid as relation, k.conname as name, u.function
  from pg_constraint k join uses u on u.classid = 'pg_constraint'::regclass and u.objid = k.oid where k.contype in ('c', 'x')
  union all
  select 'column', a.attrelid, a.attname, u.function
  from pg_attribute a join pg_attrdef v on v.adrelid = a.attrelid and v.adnum = a.attnum
  join uses u on u.classid = 'pg_attrdef'::regclass and u.objid = v.oid where a.attgenerated <> ''
  union all
  select 'index', i.indrelid, x.relname, u.function
  from pg_index i join pg_class x on x.oid = i.indexrelid join uses u on u.classid = 'pg_class'::regclass and u.objid = x.oid
  union all
  select 'policy', p.polrelid, p.polname, u.function
  from pg_policy p join uses u on u.classid = 'pg_policy'::regclass and u.objid = p.oid
  union all
  select 'domain', p.relation, t.typname, u.function
  from parts p join pg_type t on t.oid = p.type join pg_constraint k on k.contypid = p.type
  join uses u on u.classid = 'pg_constraint'::regclass and u.objid = k.oid
  union all
  select 'cast', p.relation, t.typname, k.castfunc
  from parts p join pg_type t on t.oid = p.type join pg_cast k on p.type in (k.castsource, k.casttarget) where k.castfunc >= 16384
)
select 'trigger' as kind, jsonb_build_object('schema', n.nspname, 'name', c.relname) as "table", t.tgname as name,
       jsonb_build_object('schema', fn.nspname, 'name', f.proname) as function, null as body
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
where not t.tgisinternal and t.tgenabled <> 'D'
union all
select 'rule', jsonb_build_object('schema', n.nspname, 'name', c.relname), r.rulename, null, pg_get_ruledef(r.oid)
from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
where (c.relkind in ('r', 'p') or r.ev_type <> '1') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select called.kind, jsonb_build_object('schema', n.nspname, 'name', c.relname), called.name, jsonb_build_object('schema', fn.nspname, 'name', f.proname), null
from called
join pg_class c on c.oid = called.relation join pg_namespace n on n.oid = c.relnamespace
join pg_proc f on f.oid = called.function join pg_namespace fn on fn.oid = f.pronamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

const operatorQuery = `
select n.nspname as schema, o.oprname::text as symbol, jsonb_build_object('schema', fn.nspname, 'name', f.proname) as function
from pg_operator o join pg_namespace n on n.oid = o.oprnamespace join pg_proc f on f.oid = o.oprcode join pg_namespace fn on fn.oid = f.pronamespace
where fn.nspname !~ '^pg_' and fn.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_operator'::regclass and d.objid = o.oid and d.deptype = 'e')`

/** What policies and defaults call with every row: compared word for word with what was installed, and naming schemas. */
const accessors = ['current_tenant_id', 'require_tenant_id', 'current_member_ids']

/** Reads what a write to a table of the host sets off. */
export async function readReactions(session: Session, catalog: Catalog, controlSchema: string): Promise<Reactions> {
  const { rows } = await session.query<HostFunction>(functionQuery(catalog.serverVersion))
  const functions = rows.filter((one) => one.schema !== controlSchema || !accessors.includes(one.name))
  const { rows: triggers } = await session.query<TableReaction>(triggerQuery)
  const { rows: operators } = await session.query<HostOperator>(operatorQuery)
  const numbered = catalog.tables.filter((table) => table.sequences.length > 0)
  return { functions, operators, triggers, numbered }
}
