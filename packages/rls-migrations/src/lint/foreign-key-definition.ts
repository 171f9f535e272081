/** The names of the columns that hold the tenant on both sides of a key, as SQL. */
export interface TenantColumns {
  readonly child: string
  readonly parent: string
}

const columns = (table: string, numbers: string, tenant: string): string =>
  `(select string_agg(quote_ident(fa.attname), ', ' order by u.at) from unnest(${numbers}) with ordinality u(number, at) join pg_attribute fa on fa.attrelid = ${table} and fa.attnum = u.number where fa.attname <> ${tenant})`

const action = (code: string): string =>
  `case ${code} when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' when 'r' then 'restrict' else 'no action' end`

/**
 * An SQL expression for the statement that makes foreign key `k` anew, with the tenant in front on both sides and with what
 * it had besides. From 15 on SET NULL names the columns, so that it leaves the tenant alone.
 */
export function foreignKeyDefinition({ child, parent }: TenantColumns): string {
  const own = columns('k.conrelid', 'k.conkey', child)
  return `format('alter table %s add constraint %I foreign key (%I, %s) references %s (%I, %s) on delete %s%s on update %s%s%s', k.conrelid::regclass, k.conname, ${child}, ${own}, k.confrelid::regclass, ${parent}, ${columns('k.confrelid', 'k.confkey', parent)},
    ${action('k.confdeltype')}, case when k.confdeltype in ('n', 'd') and current_setting('server_version_num')::int >= 150000 then format(' (%s)', ${own}) end, ${action('k.confupdtype')},
    case when k.condeferrable then ' deferrable' end, case when k.condeferred then ' initially deferred' end)`
}
