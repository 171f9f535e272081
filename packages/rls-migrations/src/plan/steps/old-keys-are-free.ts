import type { Table } from '../../catalog/catalog.ts'
import { quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { not } from '../checks.ts'
import { compositeKeyName, tenantForeignKeys, type PlanContext } from '../plan-context.ts'
import { primaryKeyOf, widensPrimaryKey } from '../primary-key.ts'
import type { Step } from '../step.ts'
import { droppedUniques } from './drop-uniques.ts'

/**
 * The first step of contract: looks for what the host built on the old keys since the plan was made, a foreign key, a
 * view or a function. PostgreSQL would refuse to drop those keys, and contract would stop in the middle.
 */
export function planOldKeysAreFree(context: PlanContext): readonly Step[] {
  const indexes = context.tenantTables.flatMap((table) => droppedIndexes(context, table))
  if (indexes.length === 0) return []
  const dependents = newDependents(context, indexes)
  const message =
    'Something new stands on keys that contract drops: %s. Drop it and run the command again, or roll back and apply again, so that the plan knows it.'
  return [
    {
      id: 'contract/old-keys-are-free',
      phase: 'contract',
      kind: 'precondition',
      table: null,
      summary: 'look for what was built on the old keys since the plan was made',
      mode: 'transaction',
      statements: [
        `do $free$ declare found text; begin select string_agg(dependent, ', ') into found from (${dependents}) d; if found is not null then raise exception using errcode = '2BP01', message = format(${quoteLiteral(message)}, found); end if; end $free$`,
      ],
      lock: 'none',
      scans: false,
      rewrites: false,
      checks: [{ object: 'freedom of the old keys', sql: not(`exists (${dependents})`), until: 'contract' }],
      inverse: [],
    },
  ]
}

function droppedIndexes(context: PlanContext, table: Table): readonly string[] {
  const primary = widensPrimaryKey(context, table) ? primaryKeyOf(table)?.index : undefined
  return [...droppedUniques(context, table).map(({ index }) => index), ...(primary === undefined ? [] : [primary])].map(
    (index) => quoteName({ schema: table.schema, name: index.name }),
  )
}

/** A key that has the tenant in front already is the new one, under the old one's name. */
function newDependents(context: PlanContext, indexes: readonly string[]): string {
  const known = context.tenantTables.flatMap((table) =>
    tenantForeignKeys(context, table)
      .flatMap((key) => [key.name, compositeKeyName(context, table, key)])
      .map((name) => `${quoteName(table)}.${name}`),
  )
  const list = (names: readonly string[]): string => `array[${names.map(quoteLiteral).join(', ')}]::text[]`
  return `select distinct case d.classid when 'pg_rewrite'::regclass then (select format('%s %s', o.type, o.identity) from pg_rewrite r, pg_identify_object('pg_class'::regclass, r.ev_class, 0) o where r.oid = d.objid) else (select format('%s %s', o.type, o.identity) from pg_identify_object(d.classid, d.objid, 0) o) end as dependent
    from unnest(${list(indexes)}) name
    join pg_index x on x.indexrelid = to_regclass(name)
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0] and a.attname <> ${quoteLiteral(context.settings.tenantColumn)}
    left join pg_constraint k on k.conindid = x.indexrelid and k.conrelid = x.indrelid and k.contype in ('p', 'u')
    join pg_depend d on d.deptype = 'n' and ((d.refclassid = 'pg_class'::regclass and d.refobjid = x.indexrelid) or (d.refclassid = 'pg_constraint'::regclass and d.refobjid = k.oid))
    left join pg_constraint f on d.classid = 'pg_constraint'::regclass and f.oid = d.objid
    left join pg_class fc on fc.oid = f.conrelid left join pg_namespace fn on fn.oid = fc.relnamespace
    where f.oid is null or f.conparentid = 0 and format('"%s"."%s".%s', replace(fn.nspname, '"', '""'), replace(fc.relname, '"', '""'), f.conname) <> all (${list(known)})`
}
