import { TenancyError } from '@partywall/tenancy-core'
import type { Catalog, DefinerFunction, Table, View } from '../catalog/catalog.ts'
import { classifyTables, type Classification, type TableClass } from '../classify/classify-tables.ts'
import { classifySince, configSince } from '../classify/classify-since.ts'
import { findUsersTable, usersColumns } from '../classify/find-users-table.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { withOwnObjects } from '../catalog/own-objects.ts'
import { pathOf, SchemaGraph } from '../catalog/schema-graph.ts'
import { findRoot } from '../derive/adopted-root.ts'
import { planDerivations } from '../derive/plan-derivations.ts'
import { displayName, objectName, sameName } from '../sql/identifier.ts'
import { findHazards } from './find-hazards.ts'
import { rolesInUse } from './heirs-of-public.ts'
import { childTables, hasParents } from '../catalog/partition-tree.ts'
import { createObjectNames, type GivenName } from './object-names.ts'
import { hasOwnTenantColumn, holdsColumn, isCitus, parentsFirst, type PlanContext } from './plan-context.ts'
import { planEndOfDefaults, planTenantColumns, planTies } from './plan-organizations.ts'
import type { Plan, PlannedTable, PlanSettings, RoleNames } from './plan.ts'
import { refuseCitus } from './refuse-citus.ts'
import type { Step } from './step.ts'
import { planControlPlane } from './steps/control-plane.ts'
import { planReownFunction, planWithholdFunction } from './steps/definer-functions.ts'
import { planCitus, planDistribution } from './steps/distribute.ts'
import { planDropForeignKeys } from './steps/drop-foreign-keys.ts'
import { planDropUniques } from './steps/drop-uniques.ts'
import { planForce, planMigrator, planOwnerSettings, planReproof } from './steps/enforcement.ts'
import { planNewTableGuard } from './steps/new-table-guard.ts'
import { planOldKeysAreFree } from './steps/old-keys-are-free.ts'
import { planSchemaGrants, planTableGrants, planViewGrants } from './steps/grants.ts'
import { planDropLegacyPolicy, planTenantPolicies, planUserPolicies } from './steps/policies.ts'
import { planNewSequences, planSequenceGrants } from './steps/sequences.ts'
import { planTenantIndexes } from './steps/tenant-index.ts'
import { planTenantKeys } from './steps/tenant-key.ts'
import { planView } from './steps/views.ts'
import { planWithholdRelation } from './steps/withhold-relation.ts'
import { planWithholdSchemas } from './steps/withhold-schema.ts'
import { planWithholdTemporary } from './steps/withhold-temporary.ts'
import { planWidenPrimaryKey } from './steps/widen-primary-key.ts'
import { planWidenedUniques } from './steps/widened-unique.ts'

export interface PlanInput {
  readonly catalog: Catalog
  readonly config: ResolvedConfig
  /** The id of the default organization, when the configuration names none: drawn by the caller, since a plan is pure. */
  readonly defaultOrganizationId: string
  /** The plan that the database follows already. What it says of its tables and settings stands. */
  readonly frozen?: Plan
}

/**
 * Plans a conversion: the same catalog and configuration always give the same plan. Touches nothing.
 *
 * @throws TenancyError `TABLE_UNKNOWN`, `CLASSIFICATION_CONFLICT` or `CONFIGURATION_INVALID` when the configuration does
 * not fit the database; `ROOT_UNUSABLE` or `ORGANIZATION_UNREACHABLE` when the root that it adopts does not;
 * `TENANT_COLUMN_TAKEN` when a table has a column of the tenant column's name already.
 *
 * @example
 * ```ts
 * const catalog = await readCatalog(session, { controlSchema: 'partywall' })
 * const plan = planConversion({ catalog, config, defaultOrganizationId: crypto.randomUUID() })
 * plan.tables.tenant.map(({ name }) => name) // ['projects']
 * ```
 */
export function planConversion(input: PlanInput): Plan {
  return planWithContext(input).plan
}

/** The plan, and what it was made with: the names that it gave among them. */
export function planWithContext(input: PlanInput): { readonly plan: Plan; readonly context: PlanContext } {
  const context = contextOf(input)
  for (const table of context.tenantTables)
    if (!hasOwnTenantColumn(context, table) && !context.converted.includes(table)) refuseTakenColumn(table, context)
  refuseCitus(context)
  const steps = [
    ...planControlPlane(context),
    ...planCitus(context),
    ...expand(context),
    ...contract(context),
    ...enforce(context),
  ]
  const hazards = [...findHazards(ofNewTables(context)), ...context.hazards]
  const { catalog, settings, classifications } = context
  const plan: Plan = {
    format: 1,
    database: catalog.database,
    serverVersion: catalog.serverVersion,
    settings,
    tables: {
      tenant: [...planned(classifications, 'root'), ...planned(classifications, 'tenant')],
      user: planned(classifications, 'user'),
      shared: planned(classifications, 'shared'),
      skipped: planned(classifications, 'skipped'),
    },
    derivations: [...context.derivations.values()],
    steps,
    hazards,
  }
  return { plan, context }
}

/** What stands on the tables of a frozen plan is told by that plan already. */
function ofNewTables(context: PlanContext): PlanContext {
  const isNew = (table: Table): boolean => !context.converted.includes(table)
  const { userTable } = context
  return {
    ...context,
    tenantTables: context.tenantTables.filter(isNew),
    userTable: userTable !== undefined && isNew(userTable) ? userTable : undefined,
  }
}

/** The roles of a database. */
export function roleNames(database: string): RoleNames {
  const role = (suffix: string): string => objectName('partywall', database, suffix)
  return { app: role('app'), operator: role('operator'), definer: role('definer'), migrator: role('migrator') }
}

function contextOf(input: PlanInput): PlanContext {
  const { frozen } = input
  const catalog = withOwnObjects(input.catalog)
  const config = frozen === undefined ? input.config : configSince(catalog, input.config, frozen)
  const classifications =
    frozen === undefined ? classifyTables(catalog, config) : classifySince(catalog, config, frozen)
  const of = (tableClass: TableClass): Table[] =>
    classifications.filter((one) => one.class === tableClass).map((one) => one.table)
  const settings = frozen?.settings ?? settingsOf(input, of('user'))
  const root = findRoot(catalog, config)
  const known = frozen === undefined ? [] : Object.values(frozen.tables).flat()
  const converted = catalog.tables.filter((table) => known.some((one) => sameName(one, table)))
  return {
    catalog,
    graph: new SchemaGraph(catalog),
    children: childTables(input.catalog),
    settings,
    classifications,
    root: root?.table,
    derivations: new Map(
      (root === undefined
        ? []
        : planDerivations({
            catalog,
            config,
            root,
            tables: of('tenant').filter((table) => !hasParents(table)),
            frozen: frozen?.derivations,
          })
      ).map((one) => [pathOf(one.table), one]),
    ),
    classes: new Map(classifications.map((one) => [pathOf(one.table), one.class])),
    tenantTables: parentsFirst(of('tenant')),
    userTable: of('user').find((table) => settings.users !== null && sameName(table, settings.users)),
    usingRoles: rolesInUse(catalog, settings),
    sharedTables: of('shared'),
    frozen,
    converted,
    names: createObjectNames(catalog, namesGiven(converted, settings)),
    hazards: [],
  }
}

function settingsOf({ catalog, config, defaultOrganizationId }: PlanInput, people: readonly Table[]): PlanSettings {
  const users = findUsersTable(catalog, config)
  const root = findRoot(catalog, config)
  const { id = root === undefined ? defaultOrganizationId : undefined, slug, name } = config.defaultOrganization
  return {
    controlSchema: config.controlSchema,
    tenantColumn: config.tenantColumn,
    setting: config.setting,
    ...(config.seal === true ? { seal: 'require' as const } : {}),
    ...(config.engine === 'citus' ? { engine: 'citus' as const } : {}),
    keyType: root?.keyType ?? 'uuid',
    roles: roleNames(catalog.database),
    login: catalog.login.name,
    root: root?.root ?? null,
    organizationFrom: config.organizationFrom,
    orphans: config.orphans,
    defaultOrganization: id === undefined ? null : { id, slug, name },
    users: users !== undefined && people.includes(users) ? describeUsers(users, config) : null,
  }
}

/** The names of what carries the tenant on tables that are converted. */
function namesGiven(converted: readonly Table[], settings: PlanSettings): readonly GivenName[] {
  return converted.flatMap((table) => {
    const indexes = table.indexes.filter((index) => holdsColumn(index, settings.tenantColumn))
    const foreignKeys = table.foreignKeys.filter((key) => key.columns.includes(settings.tenantColumn))
    return [...indexes, ...foreignKeys].map(({ name }) => ({ table, name }))
  })
}

function describeUsers(table: Table, config: ResolvedConfig): PlanSettings['users'] {
  const columns = usersColumns(table, config)
  const idType = table.columns.find((column) => column.name === columns.id)?.baseType ?? 'text'
  return { schema: table.schema, name: table.name, ...columns, idType }
}

function expand(context: PlanContext): readonly Step[] {
  const { tenantTables, userTable, sharedTables } = context
  const { views, functions } = hostRoutines(context)
  const tables = <Kind>(plan: (context: PlanContext, table: Table) => readonly Kind[]): Kind[] =>
    tenantTables.flatMap((table) => plan(context, table))
  return [
    ...planTenantColumns(context),
    ...tables(planTenantKeys),
    ...tables(planWidenedUniques),
    ...tables(planTenantIndexes),
    ...planTies(context),
    // Nothing may reach around the policies before the application holds its first privilege.
    ...views.flatMap((view) => planView(context, view)),
    ...[...functions, ...outsideFunctions(context)].flatMap((routine) => planWithholdFunction(context, routine)),
    ...outOfReach(context).map((relation) => planWithholdRelation(context, relation)),
    ...walled(context).flatMap((table) => planTenantPolicies(context, table)),
    ...(userTable === undefined ? [] : planUserPolicies(context, userTable)),
    ...planWithholdSchemas(context),
    ...planWithholdTemporary(context),
    ...planSchemaGrants(context),
    ...planSequenceGrants(context),
    ...(context.root === undefined ? [] : [planTableGrants(context, context.root, 'own')]),
    ...planNewSequences(context),
    ...tenantTables.map((table) => planTableGrants(context, table, 'write')),
    ...[...sharedTables, ...(userTable === undefined ? [] : [userTable])].map((table) =>
      planTableGrants(context, table, 'read'),
    ),
    ...views.filter((view) => view.kind === 'view').map((view) => planViewGrants(context, view)),
  ]
}

function contract(context: PlanContext): readonly Step[] {
  const { tenantTables, userTable } = context
  const tables = (plan: (context: PlanContext, table: Table) => readonly Step[]): Step[] =>
    tenantTables.flatMap((table) => plan(context, table))
  return [
    ...planOldKeysAreFree(context),
    ...walled(context).flatMap((table) => planDropForeignKeys(context, table)),
    ...tables(planWidenPrimaryKey),
    ...tables(planDropUniques),
    ...planEndOfDefaults(context),
    ...hostRoutines(context).functions.flatMap((routine) => planReownFunction(context, routine)),
    ...walled(context).flatMap((table) => planDropLegacyPolicy(context, table)),
    ...(userTable === undefined ? [] : planDropLegacyPolicy(context, userTable)),
  ]
}

function enforce(context: PlanContext): readonly Step[] {
  const tenantTables = walled(context)
  return [
    ...tenantTables.flatMap((table) => planReproof(context, table)),
    // Under FORCE, moves of shards lose rows without an error: on Citus the owner stays free.
    ...(isCitus(context.settings)
      ? [...planMigrator(context), ...planDistribution(context)]
      : [
          ...planOwnerSettings(context),
          ...planMigrator(context),
          ...planNewTableGuard(context),
          ...planForces(context, tenantTables),
        ]),
  ]
}

function planForces(context: PlanContext, tenantTables: readonly Table[]): readonly Step[] {
  const { userTable } = context
  return [...tenantTables, ...(userTable === undefined ? [] : [userTable])].flatMap((table) =>
    planForce(context, table),
  )
}

/** The tables whose rows belong to organizations, the root included. */
function walled({ root, tenantTables }: PlanContext): readonly Table[] {
  return [...(root === undefined ? [] : [root]), ...tenantTables]
}

/** What is not converted holds rows of every organization: skipped tables, and views that store rows. */
function outOfReach({ classifications, catalog }: PlanContext): readonly (Table | View)[] {
  const skipped = classifications
    .filter((one) => one.class === 'skipped' && one.table.extension === null)
    .map((one) => one.table)
  return [...skipped, ...catalog.views.filter((view) => view.kind === 'materialized' && view.extension === null)]
}

/** What they are for is not known here, so they keep their owner, and the application never gets them. */
function outsideFunctions({ catalog }: PlanContext): readonly DefinerFunction[] {
  const { superuser, rightsOf } = catalog.login
  return catalog.outside.functions.filter(
    (routine) => routine.extension === null && (superuser || rightsOf.includes(routine.owner)),
  )
}

function hostRoutines({ catalog }: PlanContext): Pick<Catalog, 'views' | 'functions'> {
  return {
    views: catalog.views.filter((view) => view.extension === null),
    functions: catalog.functions.filter((routine) => routine.extension === null),
  }
}

function planned(classifications: readonly Classification[], tableClass: TableClass): readonly PlannedTable[] {
  return classifications
    .filter((one) => one.class === tableClass)
    .map(({ table, reason }) => ({ schema: table.schema, name: table.name, class: tableClass, reason }))
}

/** A table that came later may have the column already, from a migration that knows of tenants. */
function refuseTakenColumn(table: Table, { settings, converted }: PlanContext): void {
  const column = table.columns.find((one) => one.name === settings.tenantColumn)
  // A table below another one has its columns.
  if (column === undefined || hasParents(table)) return
  if (converted.length > 0 && column.type === settings.keyType && column.notNull) return
  const advice =
    converted.length > 0
      ? `Make it ${settings.keyType} NOT NULL, as in the other tables, or drop it`
      : 'Choose another name with "tenantColumn" in the configuration'
  throw new TenancyError(
    'TENANT_COLUMN_TAKEN',
    `The table ${displayName(table)} has a column ${settings.tenantColumn} already. ${advice}.`,
    { details: { table: displayName(table), column: settings.tenantColumn } },
  )
}
