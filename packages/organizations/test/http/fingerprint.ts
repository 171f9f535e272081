import type { Stage } from './stage.ts'

/** What changes without anybody having changed the organization: that a key was used, that an answer was kept. */
const incidental = ['last_used_at']
const incidentalTables = ['idempotency_keys']

/** A digest of every row of the control plane that belongs to an organization, in whichever table. */
export async function fingerprintOf({ admin }: Stage, organizationId: string): Promise<string> {
  const tables = await admin<{ name: string; key: string }>(
    `select c.relname as name, a.attname as key from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       and a.attname = case c.relname when 'organizations' then 'id' else 'organization_id' end
     where c.relnamespace = 'partywall'::regnamespace and c.relkind in ('r', 'p') and c.relname <> all ($1) order by 1`,
    [incidentalTables],
  )
  const rows = tables.map(
    ({ name, key }) =>
      `select '${name}' || (to_jsonb(t) - $2::text[])::text as row from partywall.${name} t where t.${key}::text = $1`,
  )
  const [digest] = await admin<{ md5: string }>(
    `select md5(coalesce(string_agg(row, '|' order by row), '')) as md5 from (${rows.join(' union all ')}) as all_rows`,
    [organizationId, incidental],
  )
  return digest?.md5 ?? ''
}
