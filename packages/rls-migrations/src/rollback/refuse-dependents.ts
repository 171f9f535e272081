import { TenancyError } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'

/**
 * Looks for objects that somebody built on what the conversion made since: a view on the tenant column, a foreign key on
 * a compound key, a policy or a grant on a table that the plan does not know. PostgreSQL would refuse to drop what they
 * stand on, and the rollback would stop in the middle.
 */
export async function refuseDependents(session: Session, plan: Plan): Promise<void> {
  const known = Object.values(plan.tables)
    .flat()
    .map((table) => `${table.schema}.${table.name}`)
  const ownKeys = plan.steps
    .filter((step) => step.kind === 'composite-foreign-key')
    .flatMap((step) => step.checks.map((check) => check.object))
  const { rows } = await session.query<{ dependent: string }>(dependents, [
    plan.settings.tenantColumn,
    known,
    plan.settings.controlSchema,
    Object.values(plan.settings.roles),
    ownKeys,
  ])
  if (rows.length === 0) return
  const list = rows.map((row) => row.dependent)
  throw new TenancyError(
    'ROLLBACK_BLOCKED',
    `Objects stand on what the conversion made. Nothing was changed; drop or change them first:\n${list.map((line) => `  ${line}`).join('\n')}`,
    {
      details: { dependents: list },
    },
  )
}

const display = (alias: string, namespace: string): string =>
  `case ${namespace}.nspname when 'public' then ${alias}.relname else ${namespace}.nspname || '.' || ${alias}.relname end`

/** A partition that came later has what its table has, and loses it with it. */
const isNoPartition = `not exists (select from pg_partition_ancestors(c.oid) a join pg_class r on r.oid = a.relid join pg_namespace rn on rn.oid = r.relnamespace where rn.nspname || '.' || r.relname = any ($2))`

const dependents = `
with columns as (
  select c.oid as relation, a.attnum from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attname = $1 and not a.attisdropped and n.nspname || '.' || c.relname = any ($2)
)
select distinct format('view %s.%s reads %s', vn.nspname, v.relname, $1) as dependent
from columns join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = columns.relation and d.refobjsubid = columns.attnum and d.classid = 'pg_rewrite'::regclass
join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class join pg_namespace vn on vn.oid = v.relnamespace
union all
select distinct format('foreign key %s on %s references %s', k.conname, ${display('c', 'cn')}, $1)
from columns join pg_constraint k on k.contype = 'f' and k.conparentid = 0 and k.confrelid = columns.relation and columns.attnum = any (k.confkey)
join pg_class c on c.oid = k.conrelid join pg_namespace cn on cn.oid = c.relnamespace
where format('foreign key %s on %s', k.conname, ${display('c', 'cn')}) <> all ($5)
union all
select distinct format('%s.%s depends on a function of %s', n.nspname, c.relname, $3)
from pg_proc p join pg_namespace pn on pn.oid = p.pronamespace and pn.nspname = $3
join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
left join pg_policy pol on d.classid = 'pg_policy'::regclass and pol.oid = d.objid
left join pg_attrdef def on d.classid = 'pg_attrdef'::regclass and def.oid = d.objid
left join pg_rewrite rw on d.classid = 'pg_rewrite'::regclass and rw.oid = d.objid
join pg_class c on c.oid = coalesce(pol.polrelid, def.adrelid, rw.ev_class) join pg_namespace n on n.oid = c.relnamespace
where n.nspname <> $3 and n.nspname || '.' || c.relname <> all ($2) and ${isNoPartition}
union all
select distinct format('%s holds privileges on %s.%s', g.grantee::regrole, n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) g join pg_roles r on r.oid = g.grantee
where r.rolname = any ($4) and n.nspname <> $3 and c.relkind in ('r', 'p', 'f') and n.nspname || '.' || c.relname <> all ($2)
order by 1 limit 50`
