import { TenancyError } from '@partywall/tenancy-core'
import type { Plan } from '../plan/plan.ts'
import { displayName, type QualifiedName } from '../sql/identifier.ts'
import type { ResolvedConfig } from './resolve-config.ts'

/**
 * Where a configuration says something else than the frozen plan, which goes on as it was made. Tables that the plan
 * does not know are left out: they are for a plan to come.
 */
export function ignoredChanges(plan: Plan, config: ResolvedConfig): readonly string[] {
  const { settings } = plan
  const { id, slug, name } = config.defaultOrganization
  const was = settings.defaultOrganization
  return [
    ...rootChanges(plan, config),
    ...difference('tenantColumn', settings.tenantColumn, config.tenantColumn),
    ...difference('setting', settings.setting, config.setting),
    ...difference('engine', settings.engine ?? 'postgres', config.engine ?? 'postgres'),
    ...sealChange(plan, config),
    ...(id === undefined
      ? []
      : difference('defaultOrganization.id', was?.id, settings.root === null ? id.toLowerCase() : id)),
    // With a root its own row says how it is called.
    ...(was === null || settings.root !== null
      ? []
      : [
          ...difference('defaultOrganization.slug', was.slug, slug),
          ...difference('defaultOrganization.name', was.name, name),
        ]),
    ...usersChanges(plan, config),
    ...tableChanges(plan, config),
  ]
}

/**
 * @throws TenancyError `CONFIG_CHANGED` with each difference.
 */
export function refuseIgnoredChanges(plan: Plan, config: ResolvedConfig): void {
  const changes = ignoredChanges(plan, config)
  if (changes.length === 0) return
  throw new TenancyError(
    'CONFIG_CHANGED',
    `The configuration has changed since the plan was frozen. Nothing was done:\n${changes.map((line) => `  ${line}`).join('\n')}\nUndo the change; or roll back, and apply with the new configuration.`,
    { details: { changes } },
  )
}

function rootChanges({ settings }: Plan, config: ResolvedConfig): readonly string[] {
  const { root } = settings
  if (root === null || config.root === undefined)
    return difference('root.table', root === null ? undefined : displayName(root), config.root?.table)
  const { table, id } = config.root
  return [
    ...(isCalled(root, table) ? [] : difference('root.table', displayName(root), table)),
    ...(id === undefined ? [] : difference('root.id', root.id, id)),
    ...difference(
      'organizationFrom',
      JSON.stringify(settings.organizationFrom),
      JSON.stringify(config.organizationFrom),
    ),
    ...difference('orphans', settings.orphans, config.orphans),
  ]
}

/** What the policies take is changed in steps of its own, with services running. */
function sealChange({ settings }: Plan, { seal }: ResolvedConfig): readonly string[] {
  if (seal === undefined || seal === (settings.seal !== undefined)) return []
  return [...difference('seal', String(!seal), String(seal)), '  it is changed with: partywall seal accept']
}

function usersChanges(plan: Plan, config: ResolvedConfig): readonly string[] {
  if (config.users === undefined) return []
  const { users } = plan.settings
  if (users === null) return [`users.table: none in the plan, ${config.users.table} in the configuration`]
  const { table, id, email } = config.users
  return [
    ...(isCalled(users, table) ? [] : difference('users.table', displayName(users), table)),
    ...(id === undefined ? [] : difference('users.id', users.id, id)),
    ...difference('users.email', users.email, email),
  ]
}

function tableChanges(plan: Plan, config: ResolvedConfig): readonly string[] {
  const planned = Object.values(plan.tables).flat()
  const said = (['tenant', 'shared', 'skipped'] as const).flatMap((tableClass) =>
    config.tables[tableClass].map((name) => ({ name, tableClass })),
  )
  return planned.flatMap((table) => {
    const now = said.find(({ name }) => isCalled(table, name))?.tableClass
    if (now !== undefined) return difference(`tables: ${displayName(table)}`, table.class, now)
    return table.reason === SAID
      ? [`tables: ${displayName(table)} is ${table.class} in the plan, and not named in the configuration`]
      : []
  })
}

/** The reason of a table that the configuration names. */
export const SAID = 'the configuration says so'

/** Whether a configuration means this table by that name. */
export function isCalled(table: QualifiedName, name: string): boolean {
  return name === `${table.schema}.${table.name}` || name === table.name
}

function difference(member: string, planned: string | undefined, configured: string | undefined): readonly string[] {
  return planned === configured
    ? []
    : [`${member}: ${planned ?? 'none'} in the plan, ${configured ?? 'none'} in the configuration`]
}
