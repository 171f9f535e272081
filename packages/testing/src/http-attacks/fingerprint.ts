/** Asks as somebody who sees the rows of every organization. */
export type Ask = (sql: string, values: readonly unknown[]) => Promise<readonly object[]>

/** Which tables are looked at. */
export interface FingerprintOptions {
  /** What the columns are called that say whose a row is. @defaultValue `org_id`, `orgId` and `organization_id` */
  readonly columns?: readonly string[] | undefined
  /** Changes without anybody having changed the organization: that a key was used. @defaultValue `last_used_at` */
  readonly incidental?: readonly string[] | undefined
  /** Where the organizations themselves are. @defaultValue `partywall` */
  readonly controlSchema?: string | undefined
}

/** That an answer was kept is no change either. */
const incidentalTables = ['idempotency_keys']

/**
 * A digest of every row that belongs to an organization, in whichever table and schema, the control plane included.
 *
 * @example
 * ```ts
 * const ask = async (sql: string, values: readonly unknown[]) => (await admin.query(sql, [...values])).rows
 * const before = await fingerprintOf(ask, organizationId)
 * before === (await fingerprintOf(ask, organizationId)) // true
 * ```
 */
export async function fingerprintOf(
  ask: Ask,
  organizationId: string,
  options: FingerprintOptions = {},
): Promise<string> {
  const { columns = ['org_id', 'orgId', 'organization_id'], incidental = ['last_used_at'] } = options
  const { controlSchema = 'partywall' } = options
  const tables = (await ask(
    `select c.oid::regclass::text as name, quote_ident(a.attname) as key from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       and (a.attname = any ($2) or n.nspname = $3 and c.relname = 'organizations' and a.attname = 'id')
     where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> all ($1) order by 1`,
    [incidentalTables, columns, controlSchema],
  )) as readonly { name: string; key: string }[]
  const rows = tables.map(
    ({ name, key }) =>
      `select '${name.replaceAll("'", "''")}' || (to_jsonb(t) - $2::text[])::text as row from ${name} t where t.${key}::text = $1`,
  )
  const [digest] = (await ask(
    `select md5(coalesce(string_agg(row, '|' order by row), '')) as md5 from (${rows.join(' union all ')}) as all_rows`,
    [organizationId, incidental],
  )) as readonly { md5: string }[]
  return digest?.md5 ?? ''
}
