import type { Session } from '../database/session.ts'

/** Every object of a schema by name, with its definition: two databases with equal snapshots have the same schema. */
export type SchemaSnapshot = ReadonlyMap<string, string>

/** Privileges in a form that does not tell a default from the same thing said explicitly. */
const acl = (list: string, kind: string, owner: string): string =>
  `(select string_agg(item, ',' order by item collate "C")
    from (select concat(case g.grantee when 0 then 'public' else pg_get_userbyid(g.grantee) end, '=', g.privilege_type, case when g.is_grantable then '*' end) as item
          from aclexplode(coalesce(${list}, acldefault(${kind}, ${owner}))) g) items)`

const named = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"

/**
 * Columns are told by their order, not by their number: one that was added and dropped leaves a gap. A foreign key to a
 * partitioned table has a twin for each partition there, which the server keeps for itself and no dump tells of.
 */
const queries: readonly string[] = [
  `select 'the database' as object, ${acl('d.datacl', "'d'", 'd.datdba')} as definition from pg_database d where d.datname = current_database()`,
  `select 'schema ' || n.nspname as object, concat_ws('; ', pg_get_userbyid(n.nspowner), ${acl('n.nspacl', "'n'", 'n.nspowner')}) as definition from pg_namespace n where ${named}`,
  `select format('relation %s.%s', n.nspname, c.relname), concat_ws('; ', c.relkind, pg_get_userbyid(c.relowner), c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, array_to_string(c.reloptions, ','),
     ${acl('c.relacl', `(case c.relkind when 'S' then 's' else 'r' end)::"char"`, 'c.relowner')}, obj_description(c.oid, 'pg_class'), case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end, pg_get_expr(c.relpartbound, c.oid))
   from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${named}`,
  `select format('column %s.%s.%s', n.nspname, c.relname, a.attname), concat_ws('; ', row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcollation::regcollation,
     pg_get_expr(d.adbin, d.adrelid), ${acl('a.attacl', "'c'", 'c.relowner')}, a.attstattarget::text, col_description(c.oid, a.attnum))
   from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f') and ${named}`,
  `select format('constraint %s.%s.%s', n.nspname, c.relname, k.conname), concat_ws('; ', pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint'))
   from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace left join pg_constraint above on above.oid = k.conparentid
   where ${named} and above.conrelid is distinct from k.conrelid`,
  `select format('index %s.%s', n.nspname, c.relname), concat_ws('; ', pg_get_indexdef(c.oid), x.indisvalid, x.indisreplident, x.indisclustered, obj_description(c.oid, 'pg_class'),
     (select s.spcname from pg_tablespace s where s.oid = c.reltablespace), (select string_agg(concat(a.attnum, '=', a.attstattarget), ',' order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0))
   from pg_index x join pg_class c on c.oid = x.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${named}`,
  `select format('policy %s.%s.%s', n.nspname, c.relname, p.polname), concat_ws('; ', p.polcmd, p.polpermissive, p.polroles::regrole[]::text, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
   from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where ${named}`,
  `select format('trigger %s.%s.%s', n.nspname, c.relname, t.tgname), concat_ws('; ', pg_get_triggerdef(t.oid), t.tgenabled)
   from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where not t.tgisinternal and ${named}`,
  `select format('routine %s.%s(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)), concat_ws('; ', pg_get_userbyid(p.proowner), ${acl('p.proacl', "'f'", 'p.proowner')}, case when p.prokind in ('f', 'p') then pg_get_functiondef(p.oid) end)
   from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${named} and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`,
  `select format('type %s.%s', n.nspname, t.typname), concat_ws('; ', t.typtype, pg_get_userbyid(t.typowner), ${acl('t.typacl', "'T'", 't.typowner')}, (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
   from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('e', 'd', 'c', 'r') and t.typrelid = 0 and ${named}`,
  `select format('rule %s.%s.%s', n.nspname, c.relname, r.rulename), concat_ws('; ', pg_get_ruledef(r.oid), r.ev_enabled)
   from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace where r.ev_type <> '1' and ${named}`,
  `select format('publication %s of %s.%s', p.pubname, n.nspname, c.relname), concat_ws('; ', to_jsonb(r) ->> 'prattrs', to_jsonb(r) ->> 'prqual' is not null)
   from pg_publication_rel r join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace`,
  `select format('statistics %s.%s', n.nspname, s.stxname), pg_get_statisticsobjdef(s.oid) from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where ${named}`,
  `select 'setting of ' || coalesce(r.rolname, 'all'), array_to_string(s.setconfig, ',') from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase left join pg_roles r on r.oid = s.setrole where d.datname = current_database()`,
]

/** Reads the whole schema, the control plane included. The session must have `search_path = pg_catalog`. */
export async function readSchemaSnapshot(session: Session): Promise<SchemaSnapshot> {
  const { rows } = await session.query<{ object: string; definition: string | null }>(
    `select * from (${queries.join('\nunion all\n')}) s order by object collate "C"`,
  )
  return new Map(rows.map((row) => [row.object, row.definition ?? '']))
}

/** What differs, an object a line; empty when the schemas are equal. */
export function compareSnapshots(before: SchemaSnapshot, after: SchemaSnapshot): readonly string[] {
  const objects = [...new Set([...before.keys(), ...after.keys()])]
  return objects.flatMap((object) => {
    const [was, is] = [before.get(object), after.get(object)]
    if (was === is) return []
    if (was === undefined) return [`${object} is new: ${is}`]
    if (is === undefined) return [`${object} is gone: ${was}`]
    return [`${object} was: ${was}\n${' '.repeat(object.length)} is: ${is}`]
  })
}
