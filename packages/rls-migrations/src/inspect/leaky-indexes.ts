import type { Session } from '../database/session.ts'
import type { Hazard, Plan } from '../plan/plan.ts'
import { displayName, quoteName } from '../sql/identifier.ts'

interface LeakyColumn {
  readonly table: string
  readonly index: string
  readonly method: string
  /** The column or expression, as SQL. */
  readonly expression: string
  readonly isExpression: boolean
  readonly type: string
  readonly operator: string | null
}

/**
 * Indexes that stop working below a policy: PostgreSQL compares only by operators that cannot leak before the policy has
 * had its say, and neither functions nor the operators of many types are such. Reads the catalog only.
 */
export async function leakyIndexHazards(session: Session, plan: Plan): Promise<readonly Hazard[]> {
  const tables = plan.tables.tenant
  const { rows } = await session.query<LeakyColumn>(leakyColumns, [
    tables.map(quoteName),
    tables.map(displayName),
    plan.settings.tenantColumn,
  ])
  return rows.map((column) => hazardOf(column, plan))
}

function hazardOf(column: LeakyColumn, { settings }: Plan): Hazard {
  const isSlow = column.isExpression || column.method !== 'btree'
  return {
    id: 'leaky-index',
    severity: isSlow ? 'warning' : 'notice',
    object: `index ${column.index} on ${column.table}`,
    message: `${reason(column)} Below the policy ${column.method === 'btree' ? `only ${settings.tenantColumn} in front of its counterpart finds rows, and this filters them` : 'it finds nothing'}: a query reads every row of its organization. ${advice(column)}`,
  }
}

function reason({ isExpression, expression, operator, type }: LeakyColumn): string {
  return isExpression
    ? `${expression} calls what is not leakproof.`
    : `The operator ${operator} of ${type} is not leakproof.`
}

/** What was measured to be used below a policy. Never that functions be marked LEAKPROOF: that opens what they see. */
function advice({ isExpression, expression, method, type }: LeakyColumn): string {
  const folded = /^(?:\(?(?:lower|upper)\(\(?("?\w+"?)\)?(?:::text)?\)\)?)$/.exec(expression)
  if (isExpression && folded !== null) {
    return `Compare under a collation that ignores case, and index it: create collation ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); then ${folded[1]} collate ignore_case in the index and in the query.`
  }
  if (isExpression) return 'Keep the value in a column of its own, generated or written, and index that.'
  if (type === 'citext') return 'Make it text under a collation that ignores case.'
  if (method !== 'btree') return 'Narrow the query by an indexed column of the organization first.'
  return 'It matters where an organization has many rows: let another indexed column narrow them first.'
}

const leakyColumns = `
select t.display as "table", i.relname as index, am.amname as method, pg_get_indexdef(x.indexrelid, k.n, false) as expression,
       x.indkey[k.n - 1] = 0 as "isExpression", format_type(ia.atttypid, null) as type, op.oprname as operator
from unnest($1::text[], $2::text[]) t(name, display)
join pg_index x on x.indrelid = to_regclass(t.name) and x.indisvalid
join pg_class i on i.oid = x.indexrelid
cross join lateral generate_series(1, x.indnkeyatts::int) k(n)
join pg_opclass oc on oc.oid = x.indclass[k.n - 1]
join pg_am am on am.oid = oc.opcmethod
join pg_attribute ia on ia.attrelid = x.indexrelid and ia.attnum = k.n
left join lateral (
  select o.oprname, p.proleakproof from pg_amop ao join pg_operator o on o.oid = ao.amopopr join pg_proc p on p.oid = o.oprcode
  where ao.amopfamily = oc.opcfamily and ao.amoppurpose = 's' and ao.amoplefttype = oc.opcintype and ao.amoprighttype = oc.opcintype
    and (am.amname <> 'btree' or ao.amopstrategy = 3)
  order by p.proleakproof, ao.amopstrategy limit 1) op on true
where (x.indkey[k.n - 1] = 0 or not coalesce(op.proleakproof, false))
  -- The counterparts of the conversion, once they stand, are told by what they stand beside.
  and not exists (select from pg_attribute f where f.attrelid = x.indrelid and f.attnum = x.indkey[0] and f.attname = $3)
order by t.display, i.relname, k.n`
