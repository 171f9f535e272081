import { createHash } from 'node:crypto'
import { objectName, quoteIdentifier, quoteLiteral } from '../../sql/identifier.ts'
import { not } from '../checks.ts'

import type { PlanContext } from '../plan-context.ts'
import type { Check, Step } from '../step.ts'

/**
 * From enforce on, a table that somebody creates beside the converted ones has row-level security from its first moment:
 * nobody but its owner reads it until the plan knows what it is. Event triggers are for superusers, and for the owner of
 * some managed services; elsewhere a DBA is asked, and `lint` says it afterwards.
 */
export function planNewTableGuard(context: PlanContext): readonly Step[] {
  const { controlSchema } = context.settings
  const schemas = [...new Set(context.tenantTables.map((table) => table.schema))]
  if (schemas.length === 0) return []
  const trigger = objectName(controlSchema, 'guard', 'new_tables')
  const guard = `${quoteIdentifier(controlSchema)}.guard_new_tables()`
  const body = guardBody(schemas)
  const check: Check = {
    object: `event trigger ${trigger}`,
    sql: `exists (select from pg_event_trigger e join pg_proc p on p.oid = e.evtfoid where e.evtname = ${quoteLiteral(trigger)} and e.evtenabled in ('O', 'A') and e.evtfoid = to_regprocedure(${quoteLiteral(guard)}) and md5(p.prosrc) = '${createHash('md5').update(body).digest('hex')}')`,
  }
  const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const
  return [
    {
      ...instant,
      id: 'enforce/new-table-guard',
      phase: 'enforce',
      kind: 'new-table-guard',
      table: null,
      privileged: true,
      summary: 'switch row-level security on for every table that is created from here on',
      statements: [
        `create function ${guard} returns event_trigger language plpgsql set search_path = pg_catalog as $guard$${body}$guard$`,
        `create event trigger ${quoteIdentifier(trigger)} on ddl_command_end when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO') execute function ${guard}`,
      ],
      checks: [check],
      inverse: [
        {
          ...instant,
          id: 'undo/new-table-guard',
          stage: 'enforcement',
          summary: 'let tables be created without row-level security',
          // CASCADE takes the event trigger along, which the owner of the schema could not drop by itself.
          statements: [`drop function if exists ${guard} cascade`],
          checks: [
            {
              object: check.object,
              sql: not(`exists (select from pg_proc p where p.oid = to_regprocedure(${quoteLiteral(guard)}))`),
            },
          ],
        },
      ],
    },
  ]
}

/** FORCE is not for the guard: the conversion of the new table validates its keys as the owner. */
function guardBody(schemas: readonly string[]): string {
  return `
declare
  made regclass;
begin
  for made in
    select c.oid from pg_event_trigger_ddl_commands() d join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not d.in_extension and not c.relrowsecurity and n.nspname = any (array[${schemas.map(quoteLiteral).join(', ')}])
  loop
    execute format('alter table %s enable row level security', made);
  end loop;
end
`
}
