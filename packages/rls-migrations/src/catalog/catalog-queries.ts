/**
 * The queries behind {@link readCatalog}. Each runs with `search_path = pg_catalog`, so that every definition comes back
 * fully qualified, and returns one JSON document a row. `$1` is the list of schemas to read.
 */

const grantsOf = (acl: string, kind: string, owner: string): string => `
  coalesce((
    select jsonb_agg(jsonb_build_object('role', role, 'privileges', privileges) order by role)
    from (
      select case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end as role,
             jsonb_agg(distinct a.privilege_type) as privileges
      from aclexplode(coalesce(${acl}, acldefault('${kind}', ${owner}))) a
      where a.grantee <> ${owner}
      group by 1
    ) g), '[]'::jsonb)`

/** Privileges on single columns: they count beside those on the whole. */
const columnGrantsOf = (relation: string, owner: string): string => `
  coalesce((
    select jsonb_agg(jsonb_build_object('column', a.attname,
        'role', case when g.grantee = 0 then 'public' else pg_get_userbyid(g.grantee) end,
        'privilege', g.privilege_type, 'grantable', g.is_grantable) order by a.attnum, g.grantee, g.privilege_type)
    from pg_attribute a, aclexplode(a.attacl) g
    where a.attrelid = ${relation} and a.attnum > 0 and not a.attisdropped and g.grantee <> ${owner}), '[]'::jsonb)`

const rulesOf = (relation: string): string => `
  coalesce((
    select jsonb_agg(jsonb_build_object('name', r.rulename, 'event', case r.ev_type when '2' then 'update' when '3' then 'insert' else 'delete' end,
        'nothing', r.is_instead and r.ev_qual = '<>' and pg_get_ruledef(r.oid) ~ ' DO INSTEAD NOTHING;$') order by r.rulename)
    from pg_rewrite r where r.ev_class = ${relation} and r.ev_type <> '1'), '[]'::jsonb)`

const extensionOf = (classId: string, objectId: string): string => `
  (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
   where d.classid = '${classId}'::regclass and d.objid = ${objectId} and d.deptype = 'e' limit 1)`

const columnNames = (relation: string, numbers: string): string => `
  (select coalesce(jsonb_agg(a.attname order by u.ordinal), '[]'::jsonb)
   from unnest(${numbers}) with ordinality as u(number, ordinal)
   join pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number)`

/** A domain compares like the type below it; domains may stand on domains. */
const baseType = `
  (with recursive base (type, modifier) as (
     select a.atttypid, a.atttypmod
     union all select t.typbasetype, t.typtypmod from base b join pg_type t on t.oid = b.type where t.typtype = 'd')
   select format_type(b.type, b.modifier) from base b join pg_type t on t.oid = b.type where t.typtype <> 'd')`

/** What cannot live without a key: views and functions that name it. Foreign keys are told by the tables that hold them. */
const dependents = `
  (select coalesce(jsonb_agg(distinct regexp_replace(case
       when d.classid = 'pg_rewrite'::regclass then (select concat(o.type, ' ', o.identity) from pg_rewrite r, pg_identify_object('pg_class'::regclass, r.ev_class, 0) o where r.oid = d.objid)
       else (select concat(o.type, ' ', o.identity) from pg_identify_object(d.classid, d.objid, 0) o) end, ' public\\.', ' ')), '[]'::jsonb)
   from pg_depend d
   where d.refclassid = 'pg_constraint'::regclass and d.refobjid = k.oid and d.deptype = 'n' and d.classid <> 'pg_constraint'::regclass)`

/** How the key itself compares, referenced column first: with another operator, or collation, other rows would match. */
const comparisons = `
  (select jsonb_agg(jsonb_build_object('schema', opn.nspname, 'name', op.oprname,
     'collation', case when pa.attcollation <> ca.attcollation then jsonb_build_object('schema', cn.nspname, 'name', co.collname) end) order by u.ordinal)
   from unnest(k.conpfeqop, k.conkey, k.confkey) with ordinality as u(operator, number, referenced, ordinal)
   join pg_operator op on op.oid = u.operator join pg_namespace opn on opn.oid = op.oprnamespace
   join pg_attribute ca on ca.attrelid = k.conrelid and ca.attnum = u.number
   join pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = u.referenced
   left join pg_collation co on co.oid = pa.attcollation left join pg_namespace cn on cn.oid = co.collnamespace)`

export const tableQuery: string = `
select jsonb_build_object(
  'schema', n.nspname, 'name', c.relname, 'owner', pg_get_userbyid(c.relowner),
  'kind', case when c.relkind = 'f' then 'foreign' when c.reloftype <> 0 then 'typed' when c.relispartition then 'partition' when c.relkind = 'p' then 'partitioned'
               when exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)) then 'inherited' else 'table' end,
  'parents', (select coalesce(jsonb_agg(jsonb_build_object('schema', pn.nspname, 'name', p.relname) order by i.inhseqno), '[]'::jsonb)
    from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace where i.inhrelid = c.oid),
  'partitionColumns', (select ${columnNames('c.oid', 'k.partattrs::int2[]')} from pg_partitioned_table k where k.partrelid = c.oid),
  'bound', pg_get_expr(c.relpartbound, c.oid),
  'extension', ${extensionOf('pg_class', 'c.oid')},
  'estimatedRows', c.reltuples::bigint,
  'columnLists', (select coalesce(jsonb_agg(p.pubname order by p.pubname), '[]'::jsonb)
    from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where r.prrelid = c.oid and to_jsonb(r) ->> 'prattrs' is not null),
  'rowSecurity', c.relrowsecurity, 'forceRowSecurity', c.relforcerowsecurity,
  'comment', obj_description(c.oid, 'pg_class'),
  'columns', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'baseType', ${baseType}, 'notNull', a.attnotnull,
      'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
      'identity', a.attidentity, 'generated', a.attgenerated <> '') order by a.attnum), '[]'::jsonb)
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'keys', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', k.conname, 'kind', case k.contype when 'p' then 'primary' when 'u' then 'unique' else 'exclusion' end,
      'columns', ${columnNames('c.oid', 'k.conkey')}, 'deferrable', k.condeferrable, 'deferred', k.condeferred,
      'definition', pg_get_constraintdef(k.oid), 'comment', obj_description(k.oid, 'pg_constraint'),
      'temporal', coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false), 'inherited', k.conparentid <> 0,
      'dependents', ${dependents}) order by k.conname), '[]'::jsonb)
    from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'x')),
  'indexes', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', ic.relname, 'method', am.amname, 'unique', x.indisunique, 'valid', x.indisvalid,
      'constraint', (select k.conname from pg_constraint k where k.conindid = x.indexrelid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x')),
      'columns', case when x.indexprs is null then ${columnNames('c.oid', '(x.indkey::int2[])[0:x.indnkeyatts - 1]')} end,
      'expressions', (select jsonb_agg(pg_get_indexdef(x.indexrelid, k, false) order by k) from generate_series(1, x.indnkeyatts) k),
      'predicate', pg_get_expr(x.indpred, x.indrelid),
      'nullsNotDistinct', coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false),
      'parent', (select pc.relname from pg_inherits i join pg_index px on px.indexrelid = i.inhparent and px.indisvalid join pg_class pc on pc.oid = px.indexrelid where i.inhrelid = x.indexrelid),
      'replicaIdentity', x.indisreplident, 'clustered', x.indisclustered, 'width', x.indnatts,
      'comment', obj_description(ic.oid, 'pg_class'),
      'statistics', (select coalesce(jsonb_object_agg(ia.attnum, ia.attstattarget), '{}'::jsonb) from pg_attribute ia where ia.attrelid = ic.oid and ia.attstattarget >= 0),
      'definition', pg_get_indexdef(x.indexrelid),
      'prefix', format('CREATE %sINDEX %I ON %s%I.%I USING %s (', case when x.indisunique then 'UNIQUE ' else '' end,
                       ic.relname, case when c.relkind = 'p' then 'ONLY ' else '' end, n.nspname, c.relname, am.amname)) order by ic.relname), '[]'::jsonb)
    from pg_index x join pg_class ic on ic.oid = x.indexrelid join pg_am am on am.oid = ic.relam where x.indrelid = c.oid),
  'foreignKeys', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', k.conname, 'columns', ${columnNames('c.oid', 'k.conkey')},
      'references', jsonb_build_object('schema', rn.nspname, 'name', rc.relname),
      'referencedColumns', ${columnNames('k.confrelid', 'k.confkey')},
      'onDelete', k.confdeltype, 'onUpdate', k.confupdtype, 'match', case k.confmatchtype when 'f' then 'full' else 'simple' end,
      'onDeleteColumns', case when to_jsonb(k) ? 'confdelsetcols' and to_jsonb(k) -> 'confdelsetcols' <> 'null'::jsonb then
          (select jsonb_agg(a.attname order by s.ordinal)
           from jsonb_array_elements_text(to_jsonb(k) -> 'confdelsetcols') with ordinality as s(number, ordinal)
           join pg_attribute a on a.attrelid = c.oid and a.attnum = s.number::int2) else '[]'::jsonb end,
      'deferrable', k.condeferrable, 'deferred', k.condeferred, 'validated', k.convalidated,
      'comparisons', ${comparisons},
      'temporal', coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false),
      'enforced', coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
      'comment', obj_description(k.oid, 'pg_constraint'), 'parent', pk.conname,
      'definition', pg_get_constraintdef(k.oid)) order by k.conname), '[]'::jsonb)
    from pg_constraint k join pg_class rc on rc.oid = k.confrelid join pg_namespace rn on rn.oid = rc.relnamespace
    left join pg_constraint pk on pk.oid = k.conparentid
    -- A key to a partitioned table has a twin for each partition there, which the server keeps for itself.
    where k.conrelid = c.oid and k.contype = 'f' and pk.conrelid is distinct from k.conrelid),
  'constraints', (select coalesce(jsonb_agg(k.conname order by k.conname), '[]'::jsonb) from pg_constraint k where k.conrelid = c.oid),
  'policies', (select coalesce(jsonb_agg(jsonb_build_object('name', p.polname, 'permissive', p.polpermissive,
      'roles', (select jsonb_agg(case when one = 0 then 'public' else pg_get_userbyid(one) end) from unnest(p.polroles) one)) order by p.polname), '[]'::jsonb)
    from pg_policy p where p.polrelid = c.oid),
  'rules', ${rulesOf('c.oid')},
  'triggers', (select coalesce(jsonb_agg(jsonb_build_object('name', t.tgname, 'before', (t.tgtype & 2) <> 0,
      'everyUpdate', (t.tgtype & 16) <> 0 and t.tgattr = '' and t.tgenabled in ('O', 'A'),
      'stamps', f.prosrc ~* 'new\\.\\s*"?\\w*(updat|modif|chang)',
      'function', jsonb_build_object('schema', fn.nspname, 'name', f.proname)) order by t.tgname), '[]'::jsonb)
    from pg_trigger t join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
    where t.tgrelid = c.oid and not t.tgisinternal),
  'grants', ${grantsOf('c.relacl', 'r', 'c.relowner')},
  'columnGrants', ${columnGrantsOf('c.oid', 'c.relowner')},
  'sequences', (select coalesce(jsonb_agg(distinct jsonb_build_object('schema', sn.nspname, 'name', s.relname)), '[]'::jsonb)
    from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype in ('a', 'i'))
    || (select coalesce(jsonb_agg(distinct jsonb_build_object('schema', sn.nspname, 'name', s.relname)), '[]'::jsonb)
    from pg_attrdef ad join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = ad.oid
    join pg_class s on s.oid = d.refobjid and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
    where ad.adrelid = c.oid and d.refclassid = 'pg_class'::regclass)
) as document
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and n.nspname = any($1)
order by n.nspname collate "C", c.relname collate "C"`

export const viewQuery: string = `
select jsonb_build_object(
  'schema', n.nspname, 'name', c.relname, 'kind', case c.relkind when 'v' then 'view' else 'materialized' end,
  'owner', pg_get_userbyid(c.relowner), 'extension', ${extensionOf('pg_class', 'c.oid')},
  'securityInvoker', (select o.option_value::boolean from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'),
  'grants', ${grantsOf('c.relacl', 'r', 'c.relowner')},
  'columnGrants', ${columnGrantsOf('c.oid', 'c.relowner')},
  'rules', ${rulesOf('c.oid')},
  'reads', (select coalesce(jsonb_agg(distinct jsonb_build_object('schema', tn.nspname, 'name', t.relname)), '[]'::jsonb)
    from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_class t on t.oid = d.refobjid and t.oid <> c.oid and t.relkind in ('r', 'p', 'v', 'm', 'f') join pg_namespace tn on tn.oid = t.relnamespace
    where r.ev_class = c.oid)
) as document
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('v', 'm') and n.nspname = any($1)
order by n.nspname collate "C", c.relname collate "C"`

export const definerFunctionQuery: string = `
select jsonb_build_object(
  'schema', n.nspname, 'name', p.proname, 'arguments', oidvectortypes(p.proargtypes),
  'kind', case p.prokind when 'p' then 'procedure' else 'function' end,
  'owner', pg_get_userbyid(p.proowner), 'returnsTrigger', p.prorettype = 'trigger'::regtype,
  'extension', ${extensionOf('pg_proc', 'p.oid')},
  'grants', ${grantsOf('p.proacl', 'f', 'p.proowner')}
) as document
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where p.prosecdef and n.nspname = any($1)
order by n.nspname collate "C", p.proname collate "C", oidvectortypes(p.proargtypes) collate "C"`

/** A SELECT with a star gets a new column by itself; PL/pgSQL that fills a row does, too. A parsed body names its columns. */
export const rowFunctionQuery = `
select jsonb_build_object('schema', n.nspname, 'name', p.proname, 'arguments', oidvectortypes(p.proargtypes),
  'table', jsonb_build_object('schema', tn.nspname, 'name', c.relname),
  'explicit', coalesce(to_jsonb(p) ->> 'prosqlbody', '') <> '' or
    p.prosrc !~* '(select|distinct|all|returning|,|[.])\\s*[*]' and (l.lanname = 'sql' or p.prosrc ~* 'return\\s+query')) as document
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang and l.lanname in ('sql', 'plpgsql')
join pg_type t on t.oid = p.prorettype join pg_class c on c.oid = t.typrelid and c.relkind in ('r', 'p') join pg_namespace tn on tn.oid = c.relnamespace
where n.nspname = any($1)
order by n.nspname collate "C", p.proname collate "C", oidvectortypes(p.proargtypes) collate "C"`

export const freeSequenceQuery = `
select jsonb_build_object('schema', n.nspname, 'name', c.relname, 'owner', pg_get_userbyid(c.relowner)) as document
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname = any($1)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i', 'e'))
  and not exists (select from pg_depend d where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid)
order by n.nspname collate "C", c.relname collate "C"`

export const openDefaultQuery = `
select jsonb_build_object('maker', pg_get_userbyid(d.defaclrole), 'schema', n.nspname, 'privileges', jsonb_agg(distinct g.privilege_type)) as document
from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace cross join aclexplode(d.defaclacl) g
where d.defaclobjtype = 'r' and g.grantee = 0
group by d.defaclrole, n.nspname order by pg_get_userbyid(d.defaclrole) collate "C", n.nspname collate "C" nulls first`

/** Tables that are no part of a plan ($1), in the schemas ($2), those of extensions aside; `root` is what a partition is of, when that is. */
export const newTableQuery = `
select n.nspname as schema, c.relname as name,
       has_schema_privilege($3, n.oid, 'usage')
         and (has_any_column_privilege($3, c.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege($3, c.oid, 'DELETE, TRUNCATE')) as open,
       case when c.relispartition then (
         select jsonb_build_object('schema', pn.nspname, 'name', p.relname)
         from pg_partition_ancestors(c.oid) a join pg_class p on p.oid = a.relid join pg_namespace pn on pn.oid = p.relnamespace
         join jsonb_array_elements($1::jsonb) known on known ->> 'schema' = pn.nspname and known ->> 'name' = p.relname limit 1) end as root
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and n.nspname = any($2)
  and not exists (select from jsonb_array_elements($1::jsonb) known where known ->> 'schema' = n.nspname and known ->> 'name' = c.relname)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C"`

/** Schemas of the host: neither the server's own, nor an extension's, nor the control plane ($1). */
export const schemaQuery = `
select n.nspname as name
from pg_namespace n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> $1
  and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
order by n.nspname collate "C"`

export const schemaGrantQuery: string = `
select jsonb_build_object('name', n.nspname, 'owner', pg_get_userbyid(n.nspowner), 'grants', ${grantsOf('n.nspacl', 'n', 'n.nspowner')},
  'relations', (select coalesce(jsonb_agg(c.relname order by c.relname), '[]'::jsonb) from pg_class c where c.relnamespace = n.oid)) as document
from pg_namespace n where n.nspname = any($1) order by n.nspname collate "C"`

export const loginQuery: string = `
select current_database() as database,
       (select jsonb_build_object('owner', pg_get_userbyid(d.datdba), 'grants', ${grantsOf('d.datacl', 'd', 'd.datdba')}) from pg_database d where d.datname = current_database()) as "databaseAccess",
       current_user as name, r.rolsuper as superuser, r.rolcreaterole as "createRole",
       (select coalesce(jsonb_agg(m.rolname order by m.rolname), '[]'::jsonb) from pg_roles m where pg_has_role(r.oid, m.oid, 'usage')) as "rightsOf",
       (select coalesce(jsonb_agg(m.rolname order by m.rolname), '[]'::jsonb) from pg_roles m where m.rolname !~ '^pg_') as roles,
       (select coalesce(jsonb_agg(m.rolname order by m.rolname), '[]'::jsonb) from pg_roles m where m.rolsuper) as superusers
from pg_roles r where r.rolname = current_user`

/** From 15 on a superuser may let a login switch off the triggers of its own session. */
export const silenceQuery = (serverVersion: number): string =>
  serverVersion >= 150000
    ? "select has_parameter_privilege('session_replication_role', 'set') as silence"
    : 'select rolsuper as silence from pg_roles where rolname = current_user'

/** Their members need no grant. Both came with 14. */
export const dataRoleQuery = `
select jsonb_build_object('role', r.rolname, 'members', jsonb_agg(m.rolname order by m.rolname)) as document
from pg_roles r join pg_roles m on m.oid <> r.oid and not m.rolsuper and pg_has_role(m.oid, r.oid, 'usage')
where r.rolname in ('pg_read_all_data', 'pg_write_all_data')
group by r.rolname order by r.rolname`

/** Settings of a role take effect at log-in and reach no role that the login takes on, so they are about logins. */
export const actorQuery = `
select jsonb_build_object('owner', o.rolname, 'login', l.rolname,
  'rightsOf', (select jsonb_agg(m.rolname order by m.rolname) from pg_roles m where pg_has_role(l.oid, m.oid, 'usage'))) as document
from pg_roles o join pg_roles l on l.oid <> o.oid and l.rolcanlogin and not l.rolsuper and not l.rolbypassrls
  -- From 16 on a membership may be there for administration alone; before, the option SET is not known.
  and case when current_setting('server_version_num')::int < 160000 then pg_has_role(l.oid, o.oid, 'member')
      else pg_has_role(l.oid, o.oid, 'usage') or pg_has_role(l.oid, o.oid, 'set') end
where not o.rolsuper and o.oid in (select c.relowner from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname = any($1))
order by o.rolname collate "C", l.rolname collate "C"`
