import type { Session } from '../database/session.ts'
import type { PlanSettings } from '../plan/plan.ts'

/**
 * What the host's own code in the database reads the setting by itself, where it would find a token in place of an id.
 * Reads the catalog only; code that puts the name together is not found.
 */
export async function findSettingReaders(
  session: Session,
  { setting, controlSchema }: PlanSettings,
): Promise<readonly string[]> {
  const { rows } = await session.query<{ reader: string }>(settingReaders, [setting.toLowerCase(), controlSchema])
  return rows.map(({ reader }) => reader)
}

const settingReaders = `
with spaces as (
  select n.oid from pg_namespace n where n.nspname <> $2 and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
), found as (
  select 'function ' || p.oid::regprocedure as reader, pg_get_functiondef(p.oid) as body
  from pg_proc p where p.pronamespace in (select oid from spaces) and p.prokind in ('f', 'p')
  union all
  select 'view ' || c.oid::regclass, pg_get_viewdef(c.oid)
  from pg_class c where c.relnamespace in (select oid from spaces) and c.relkind in ('v', 'm')
  union all
  select format('policy %I on %s', p.polname, p.polrelid::regclass), concat(pg_get_expr(p.polqual, p.polrelid), ' ', pg_get_expr(p.polwithcheck, p.polrelid))
  from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace in (select oid from spaces)
  union all
  select format('default of %s.%I', d.adrelid::regclass, a.attname), pg_get_expr(d.adbin, d.adrelid)
  from pg_attrdef d join pg_class c on c.oid = d.adrelid join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  where c.relnamespace in (select oid from spaces)
  union all
  select format('trigger %I on %s', t.tgname, t.tgrelid::regclass), pg_get_triggerdef(t.oid)
  from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace in (select oid from spaces) and not t.tgisinternal
)
select reader from found where position($1 in lower(body)) > 0 order by reader`
