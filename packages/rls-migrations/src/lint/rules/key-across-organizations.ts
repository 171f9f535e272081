import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

/** A key whose values the database makes tells nothing that was not made for it. */
export const keyAcrossOrganizations: CatalogRule = {
  name: 'key-across-organizations',
  promise: 'unique values are unique within an organization',
  risk: '"Duplicate key" tells one organization what another one has, and keeps it from having it too. No policy is asked.',
  remedy: 'Put the tenant column into the key; code that names the key in ON CONFLICT names it too.',
  severity: 'warning',
  since: 'contract',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table",
             format('%s %s on %s', case k.contype when 'p' then 'primary key' when 'x' then 'constraint' else 'unique' end, ic.relname, ${displayedRelation}) as object,
             format('it is over %s, without %s', (select string_agg(pg_get_indexdef(x.indexrelid, part, false), ', ' order by part) from generate_series(1, x.indnkeyatts) part), a.attname) as detail,
             case when am.amname <> 'btree' or k.contype = 'x' or exists (select from pg_constraint f where f.conindid = x.indexrelid and f.contype = 'f') then '{}'
               when k.oid is null then array[format('drop index %I.%I', n.nspname, ic.relname), widened.definition]
               else array[format('alter table %s drop constraint %I', c.oid::regclass, k.conname),
                 format('alter table %s add constraint %I %s (%I, %s)', c.oid::regclass, k.conname, case k.contype when 'p' then 'primary key' else 'unique' end, a.attname,
                   (select string_agg(quote_ident(ka.attname), ', ' order by u.at) from unnest(k.conkey) with ordinality u(number, at) join pg_attribute ka on ka.attrelid = c.oid and ka.attnum = u.number))] end as fix
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum = w.tenant
      join pg_index x on x.indrelid = c.oid and (x.indisunique or x.indisexclusion) and x.indisvalid
      join pg_class ic on ic.oid = x.indexrelid join pg_am am on am.oid = ic.relam
      left join pg_constraint k on k.conindid = x.indexrelid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x')
      cross join lateral (
        -- The server writes the definition by the rules by which the beginning is written here.
        select format('CREATE UNIQUE INDEX %I ON %s%I.%I USING %s (', ic.relname, case when c.relkind = 'p' then 'ONLY ' else '' end, n.nspname, c.relname, am.amname) as beginning
      ) written
      cross join lateral (
        select written.beginning || quote_ident(a.attname) || ', ' || substr(pg_get_indexdef(x.indexrelid), length(written.beginning) + 1) as definition
      ) widened
      where w.class <> 'root' and w.tenant <> all ((x.indkey::int2[])[0:x.indnkeyatts - 1])
        and not coalesce(x.indexprs::text like format('%%:varattno %s %%', w.tenant), false)
        and not exists (select from pg_inherits i where i.inhrelid = x.indexrelid)
        and not exists (
          select from unnest((x.indkey::int2[])[0:x.indnkeyatts - 1]) number join pg_attribute ka on ka.attrelid = c.oid and ka.attnum = number
          left join pg_attrdef d on d.adrelid = c.oid and d.adnum = number
          where ka.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) ~ '^(nextval\\(|(\\w+\\.)?(gen_random_uuid|uuid_generate_v\\w+|uuidv[47])\\()')`,
    values: [walledTables(context, 'tenant')],
  }),
}
