import { query } from './create-flakeguard-database.ts'
import type { SchemaFacts } from './schema-facts.ts'

const statements = [
  `select format('enum %s: %s', t.typname, string_agg(e.enumlabel, ', ' order by e.enumsortorder)) as fact
   from pg_type t join pg_enum e on e.enumtypid = t.oid
   where t.typnamespace = 'public'::regnamespace
   group by t.typname`,

  `select format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
     case when a.attnotnull then ' not null' else '' end,
     case
       when pg_get_expr(d.adbin, d.adrelid) is null then ''
       when pg_get_expr(d.adbin, d.adrelid) = 'CURRENT_TIMESTAMP' then ' default now'
       when pg_get_expr(d.adbin, d.adrelid) like 'nextval(%' then ' default nextval'
       when pg_get_expr(d.adbin, d.adrelid) like 'ARRAY[]%' then ' default {}'
       else ' default ' || regexp_replace(pg_get_expr(d.adbin, d.adrelid), '^''(.*)''::.*$', '\\1')
     end) as fact
   from pg_class c
   join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and c.relname <> '_prisma_migrations'`,

  `select format('%s (%s) references %s (%s) on delete %s', c.conrelid::regclass,
     (select string_agg(a.attname, ', ' order by k.n) from unnest(c.conkey) with ordinality k (attnum, n)
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum),
     c.confrelid::regclass,
     (select string_agg(a.attname, ', ' order by k.n) from unnest(c.confkey) with ordinality k (attnum, n)
      join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum),
     case c.confdeltype when 'c' then 'Cascade' when 'n' then 'SetNull' when 'r' then 'Restrict' else c.confdeltype::text end
   ) as fact
   from pg_constraint c
   where c.contype = 'f' and c.connamespace = 'public'::regnamespace`,

  // Partial and expression indexes are left out: Prisma cannot say them.
  `select format('%s %s (%s)', i.indrelid::regclass,
     case when i.indisprimary then 'primary key' else case when i.indisunique then 'unique ' else '' end || m.amname end,
     (select string_agg(a.attname || case when i.indoption[k.n - 1] & 1 = 1 then ' desc' else '' end, ', ' order by k.n)
      from unnest(i.indkey) with ordinality k (attnum, n)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum)) as fact
   from pg_index i
   join pg_class c on c.oid = i.indexrelid
   join pg_am m on m.oid = c.relam
   where c.relnamespace = 'public'::regnamespace and i.indpred is null and i.indexprs is null
     and i.indrelid <> 'public."_prisma_migrations"'::regclass`,
]

/** What the catalog of a database says, in the words of {@link SchemaFacts}. */
export async function factsOfCatalog(url: string): Promise<SchemaFacts> {
  const facts: string[] = []
  for (const statement of statements) {
    const rows = await query<{ fact: string }>(url, statement)
    // regclass and format_type quote names with capitals; the sentences quote only the types of columns.
    facts.push(...rows.map(({ fact }) => unquoteNames(fact)))
  }
  return facts.toSorted()
}

function unquoteNames(fact: string): string {
  return /^[^ ]+\.[^ ]+ /.test(fact) ? fact : fact.replaceAll('"', '')
}

/** The views of a database. */
export async function listViews(url: string): Promise<ReadonlySet<string>> {
  const rows = await query<{ name: string }>(
    url,
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'`,
  )
  return new Set(rows.map(({ name }) => name))
}
