import type { Table } from '../../catalog/catalog.ts'
import type { Derivation } from '../../derive/derivation.ts'
import { organizationOrDefault, type Organizations } from '../../derive/organization-expression.ts'
import { displayName, objectName, quoteIdentifier, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { columnExists, columnHasType, defaultIs, not, triggerExists, triggerIs } from '../checks.ts'
import { currentTenant, organizationsOf, type PlanContext } from '../plan-context.ts'
import type { PlanSettings } from '../plan.ts'
import type { Inverse, Step } from '../step.ts'

/** The last of the host's BEFORE triggers by its name: what they do to a reference must be done. */
const trigger = 'zz_partywall_organization'

const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const

/**
 * Adds the tenant column, empty, and a trigger that fills it in for old code, which has no tenant: on insert, and when an
 * update gives the row another parent. The default is evaluated once for the rows that exist, without a tenant: NULL.
 */
export function planDerivedColumn(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const name = displayName(table)
  const column = `column ${settings.tenantColumn} on ${name}`
  const organizations = organizationsOf(context) as Organizations
  return {
    ...instant,
    id: `expand/${name}/tenant-column`,
    phase: 'expand',
    kind: 'tenant-column',
    table: name,
    summary: `add ${settings.tenantColumn} to ${name}, from ${derivation.path}`,
    statements: [
      `alter table ${quoteName(table)} add column ${quoteIdentifier(settings.tenantColumn)} ${settings.keyType} default ${currentTenant(settings)}`,
      ...createTrigger(settings, table, { derivation, organizations }),
    ],
    checks: [
      { object: column, sql: columnHasType(table, settings.tenantColumn, settings.keyType) },
      {
        object: `default of ${column}`,
        sql: defaultIs(table, settings.tenantColumn, `${settings.controlSchema}.current_tenant_id()`),
      },
      {
        object: `trigger ${trigger} on ${name}`,
        sql: triggerIs(table, trigger, functionOf(settings, table)),
        until: 'contract',
      },
    ],
    inverse: [
      {
        ...instant,
        id: `undo/${name}/tenant-column`,
        stage: 'columns',
        summary: `drop ${settings.tenantColumn} from ${name}`,
        statements: [
          ...dropTrigger(settings, table),
          `alter table ${quoteName(table)} drop column ${quoteIdentifier(settings.tenantColumn)}`,
        ],
        checks: [{ object: column, sql: not(columnExists(table, settings.tenantColumn)) }],
      },
    ],
  }
}

/** Contract: every statement has its tenant from here on, and a row without one is refused. */
export function planDropDerivation(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const name = displayName(table)
  const object = `trigger ${trigger} on ${name}`
  const inverse: Inverse = {
    ...instant,
    id: `undo/${name}/derivation`,
    stage: 'enforcement',
    summary: `derive ${settings.tenantColumn} of new rows in ${name} again`,
    statements: createTrigger(settings, table, {
      derivation,
      organizations: organizationsOf(context) as Organizations,
    }),
    checks: [
      {
        object,
        // A rollback that is taken up again may have dropped the column already.
        sql: `${not(columnExists(table, settings.tenantColumn))} or ${triggerIs(table, trigger, functionOf(settings, table))}`,
      },
    ],
  }
  return {
    ...instant,
    id: `contract/${name}/derivation`,
    phase: 'contract',
    kind: 'default',
    table: name,
    summary: `end the derived organization of new rows in ${name}`,
    statements: dropTrigger(settings, table),
    checks: [{ object, sql: not(triggerExists(table, trigger)) }],
    inverse: [inverse],
  }
}

function functionOf(settings: PlanSettings, table: QualifiedName): QualifiedName {
  return { schema: settings.controlSchema, name: objectName('organization_of', table.schema, table.name) }
}

function dropTrigger(settings: PlanSettings, table: Table): readonly string[] {
  return [
    `drop trigger if exists ${trigger} on ${quoteName(table)}`,
    `drop function if exists ${quoteName(functionOf(settings, table))}()`,
  ]
}

/**
 * The function reads the parents with the rights of its owner: whoever writes a child need not be allowed to read them.
 * The application gains nothing by it: a row of another organization does not pass its policy.
 */
function createTrigger(
  settings: PlanSettings,
  table: Table,
  { derivation, organizations }: { readonly derivation: Derivation; readonly organizations: Organizations },
): readonly string[] {
  const routine = quoteName(functionOf(settings, table))
  const column = quoteIdentifier(settings.tenantColumn)
  const references = [...new Set(derivation.edges.flatMap((edge) => edge.columns))].map(quoteIdentifier)
  const row = (of: string): string => `row(${references.map((name) => `${of}.${name}`).join(', ')})`
  return [
    `create function ${routine}() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
begin
  if new.${column} is not null and (tg_op = 'INSERT' or new.${column} is distinct from old.${column}
      or ${row('new')} is not distinct from ${row('old')}) then
    return new;
  end if;
  new.${column} := coalesce(${organizationOrDefault(derivation, 'new', organizations)}, new.${column});
  return new;
end
$function$`,
    `revoke all on function ${routine}() from public`,
    `create trigger ${trigger} before insert or update on ${quoteName(table)} for each row execute function ${routine}()`,
  ]
}
