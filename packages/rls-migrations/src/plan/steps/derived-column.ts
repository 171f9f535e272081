import type { Table } from '../../catalog/catalog.ts'
import type { Derivation } from '../../derive/derivation.ts'
import { organizationOrDefault, type Organizations } from '../../derive/organization-expression.ts'
import { displayName, objectName, quoteIdentifier, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { columnExists, columnHasType, defaultIs, not, triggerExists, triggerIs } from '../checks.ts'
import { currentTenant, organizationsOf, type PlanContext } from '../plan-context.ts'
import type { PlanSettings } from '../plan.ts'
import type { Check, Inverse, Step } from '../step.ts'

/** The last of the host's BEFORE triggers by their names: what those do to a reference must be done. */
const insertTrigger = 'zz_partywall_organization_insert'
const updateTrigger = 'zz_partywall_organization_update'
const triggers = [insertTrigger, updateTrigger]

const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const

/**
 * Adds the tenant column, empty, and a trigger that fills it in for old code, which has no tenant. The default is
 * evaluated once for the rows that exist, without a tenant: NULL.
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
      ...createFunction(settings, table, { derivation, organizations }),
      createInsertTrigger(settings, table),
    ],
    checks: [
      { object: column, sql: columnHasType(table, settings.tenantColumn, settings.keyType) },
      {
        object: `default of ${column}`,
        sql: defaultIs(table, settings.tenantColumn, `${settings.controlSchema}.current_tenant_id()`),
      },
      { ...triggerCheck(settings, table, insertTrigger), until: 'contract' },
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

/**
 * Lets a row that gets another parent follow it into its organization. It comes after the backfill: a table with a trigger
 * before UPDATE locks every row first, which would halve the speed. What is moved meanwhile is corrected afterwards.
 */
export function planFollowParents(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const name = displayName(table)
  return {
    ...instant,
    id: `expand/${name}/follow`,
    phase: 'expand',
    kind: 'tenant-column',
    table: name,
    summary: `let rows of ${name} that get another parent follow it`,
    lock: 'SHARE ROW EXCLUSIVE',
    statements: [createUpdateTrigger(settings, table, derivation)],
    checks: [{ ...triggerCheck(settings, table, updateTrigger), until: 'contract' }],
    inverse: [
      {
        ...instant,
        id: `undo/${name}/follow`,
        stage: 'columns',
        summary: `let rows of ${name} follow their parents no more`,
        statements: [`drop trigger if exists ${updateTrigger} on ${quoteName(table)}`],
        checks: [{ object: `trigger ${updateTrigger} on ${name}`, sql: not(triggerExists(table, updateTrigger)) }],
      },
    ],
  }
}

/** Contract: every statement has its tenant from here on, and a row without one is refused. */
export function planDropDerivation(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const name = displayName(table)
  const object = `triggers of ${settings.tenantColumn} on ${name}`
  const inverse: Inverse = {
    ...instant,
    id: `undo/${name}/derivation`,
    stage: 'enforcement',
    summary: `derive ${settings.tenantColumn} of new rows in ${name} again`,
    // A rollback from within expand meets one of the two.
    statements: [
      ...triggers.map((trigger) => `drop trigger if exists ${trigger} on ${quoteName(table)}`),
      ...createFunction(settings, table, { derivation, organizations: organizationsOf(context) as Organizations }),
      createInsertTrigger(settings, table),
      createUpdateTrigger(settings, table, derivation),
    ],
    checks: [
      {
        object,
        // A rollback that is taken up again may have dropped the column already.
        sql: `${not(columnExists(table, settings.tenantColumn))} or (${triggers.map((trigger) => triggerCheck(settings, table, trigger).sql).join(' and ')})`,
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
    checks: [{ object, sql: triggers.map((trigger) => not(triggerExists(table, trigger))).join(' and ') }],
    inverse: [inverse],
  }
}

function functionOf(settings: PlanSettings, table: QualifiedName): QualifiedName {
  return { schema: settings.controlSchema, name: objectName('organization_of', table.schema, table.name) }
}

function triggerCheck(settings: PlanSettings, table: Table, trigger: string): Check {
  return {
    object: `trigger ${trigger} on ${displayName(table)}`,
    sql: triggerIs(table, trigger, functionOf(settings, table)),
  }
}

function dropTrigger(settings: PlanSettings, table: Table): readonly string[] {
  return [
    ...triggers.map((trigger) => `drop trigger if exists ${trigger} on ${quoteName(table)}`),
    `drop function if exists ${quoteName(functionOf(settings, table))}()`,
  ]
}

/**
 * The function reads the parents with the rights of its owner: whoever writes a child need not be allowed to read them.
 * The application gains nothing by it: a row of another organization does not pass its policy.
 */
function createFunction(
  settings: PlanSettings,
  table: Table,
  { derivation, organizations }: { readonly derivation: Derivation; readonly organizations: Organizations },
): readonly string[] {
  const routine = quoteName(functionOf(settings, table))
  const column = quoteIdentifier(settings.tenantColumn)
  return [
    `create or replace function ${routine}() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
begin
  -- A row whose organization is given along with its new parent: what cascades from the parent says so itself.
  if tg_op = 'UPDATE' and new.${column} is distinct from old.${column} and new.${column} is not null then
    return new;
  end if;
  new.${column} := coalesce(${organizationOrDefault(derivation, 'new', { organizations, from: 'locked' })}, new.${column});
  return new;
end
$function$`,
    `revoke all on function ${routine}() from public`,
  ]
}

/** Whoever has a tenant does not pay for it: the default has filled in the column by then. */
function createInsertTrigger(settings: PlanSettings, table: Table): string {
  const column = quoteIdentifier(settings.tenantColumn)
  return createTrigger(settings, table, { trigger: insertTrigger, event: 'insert', when: `new.${column} is null` })
}

function createUpdateTrigger(settings: PlanSettings, table: Table, derivation: Derivation): string {
  const column = `new.${quoteIdentifier(settings.tenantColumn)}`
  const edges = [...derivation.edges, ...derivation.compared]
  const moved = [...new Set(edges.flatMap((edge) => edge.columns))].map(
    (name) => `new.${quoteIdentifier(name)} is distinct from old.${quoteIdentifier(name)}`,
  )
  // Where the row itself names its organization, one that was moved before this trigger stood is told by that.
  const named = derivation.edges
    .filter((edge) => edge.parent === null && edge.constraint !== null)
    .map((edge) => `new.${quoteIdentifier(edge.columns[0] as string)} <> ${column}`)
  const when = [`${column} is null`, ...named, ...moved].join(' or ')
  return createTrigger(settings, table, { trigger: updateTrigger, event: 'update', when })
}

function createTrigger(
  settings: PlanSettings,
  table: Table,
  { trigger, event, when }: { readonly trigger: string; readonly event: string; readonly when: string },
): string {
  return `create trigger ${trigger} before ${event} on ${quoteName(table)} for each row when (${when}) execute function ${quoteName(functionOf(settings, table))}()`
}
