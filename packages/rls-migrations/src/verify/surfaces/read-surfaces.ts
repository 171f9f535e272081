import type { Session } from '../../database/session.ts'
import type { FunctionSurface, RelationSurface, Surfaces } from './surface.ts'

// Tables of extensions are nobody's data, and their views (pg_stat_statements) change from one look to the next.
const relationQuery = `
select n.nspname as schema, c.relname as name, c.relkind as kind,
       (select coalesce(jsonb_agg(a.attname order by a.attnum), '[]'::jsonb) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and has_column_privilege($1, c.oid, a.attnum, 'select')) as columns,
       case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as definition
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and has_schema_privilege($1, n.oid, 'usage') and has_any_column_privilege($1, c.oid, 'select')
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by 1, 2`

const functionQuery = `
with recursive host as (
  select p.oid, n.nspname, p.proname, p.prokind, p.provolatile, l.lanname, p.pronargdefaults, p.provariadic, p.prorettype,
         p.proargtypes::oid[] as types, p.proargnames as names, p.proargmodes as modes
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  where p.prokind in ('f', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and has_schema_privilege($1, n.oid, 'usage') and has_function_privilege($1, p.oid, 'execute')
    and (p.provolatile <> 'v' or p.oid <> all(select coalesce(to_regprocedure(signature)::oid, 0) from unnest($2::text[]) signature))
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
), arguments as (
  select h.oid, one.at, one.type as written, one.type
  from host h cross join unnest(h.types) with ordinality one(type, at)
  union all
  select a.oid, a.at, a.written, t.typbasetype from arguments a join pg_type t on t.oid = a.type where t.typtype = 'd'
), resolved as (
  select a.oid, jsonb_agg(jsonb_build_object(
      'name', nullif((array(select name.text from unnest(h.names) with ordinality name(text, at)
                            where coalesce(h.modes[name.at], 'i') in ('i', 'b', 'v') order by name.at))[a.at], ''),
      'pseudo', t.typtype = 'p',
      'type', jsonb_build_object('written', format_type(a.written, null), 'base', format_type(a.type, null), 'notNull', false,
        'range', t.typtype in ('r', 'm'), 'element', case when t.typcategory = 'A' and t.typelem <> 0 then format_type(t.typelem, null) end,
        'labels', (select coalesce(jsonb_agg(e.enumlabel order by e.enumsortorder), '[]'::jsonb) from pg_enum e where e.enumtypid in (t.oid, t.typelem)))
    ) order by a.at) as arguments
  from arguments a join host h on h.oid = a.oid join pg_type t on t.oid = a.type where t.typtype <> 'd' group by a.oid
)
select h.nspname as schema, h.proname as name, pg_get_function_identity_arguments(h.oid) as signature,
       case h.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
       h.lanname as language, case h.prokind when 'p' then 'procedure' else 'function' end as kind,
       coalesce(r.arguments, '[]'::jsonb) as arguments, h.pronargdefaults as defaults, h.provariadic <> 0 as variadic,
       format_type(h.prorettype, null) as returns,
       h.prorettype = 'record'::regtype and not coalesce(h.modes && '{o,b,t}'::"char"[], false) as "anonymousRows"
from host h left join resolved r on r.oid = h.oid order by 1, 2, 3`

/**
 * Reads what the application's role may read and call, wherever it lies. Functions of the control plane that write are
 * left out: that they are as they were made is checked, and what they do is for the tests of their package.
 */
export async function readSurfaces(session: Session, app: string, ownFunctions: readonly string[]): Promise<Surfaces> {
  const { rows: relations } = await session.query<RelationSurface>(relationQuery, [app])
  const { rows: functions } = await session.query<FunctionSurface>(functionQuery, [app, ownFunctions])
  return { relations, functions }
}
