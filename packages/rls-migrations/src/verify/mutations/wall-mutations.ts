import type { Table } from '../../catalog/catalog.ts'
import { tenantColumnOf } from '../../plan/plan-context.ts'
import { hasReached } from '../../plan/step.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { appOf, isolationOf, type MutatedTable, type Mutation, type MutationScene } from './mutation.ts'

/** The policies of a table, and the switches that make them count. */
export function wallMutations(scene: MutationScene, { planned, table }: MutatedTable): readonly Mutation[] {
  const on = quoteName(table)
  const wall = planned.class === 'user' ? 'member_access' : 'tenant_isolation'
  const mutation = (kind: string, ...statements: readonly string[]): Mutation => ({
    kind,
    table: displayName(table),
    statements,
  })
  const extra = `create policy partywall_mutant on ${on} using (true)`
  return [
    mutation('drop-wall', `drop policy ${wall} on ${on}`),
    mutation('drop-access', `drop policy tenant_access on ${on}`),
    mutation('drop-operator-access', `drop policy operator_access on ${on}`),
    mutation('wall-reads-all', `alter policy ${wall} on ${on} using (true)`),
    mutation('wall-writes-all', `alter policy ${wall} on ${on} with check (true)`),
    mutation('wall-is-open', `alter policy ${wall} on ${on} using (true) with check (true)`),
    mutation(
      'wall-is-for-others',
      `alter policy ${wall} on ${on} to ${quoteIdentifier(scene.plan.settings.roles.operator)}`,
    ),
    mutation('policy-to-public', extra),
    mutation('policy-to-public-in-place', extra, `drop policy ${wall} on ${on}`),
    mutation('row-security-off', `alter table ${on} disable row level security`),
    ...(hasReached(scene.phase, 'enforce')
      ? [mutation('force-off', `alter table ${on} no force row level security`)]
      : []),
    ...(planned.class === 'tenant' ? expressionMutations(scene, { table, on, mutation }) : []),
  ]
}

/** Walls that stand, with a hole in their expression. */
function expressionMutations(
  scene: MutationScene,
  {
    table,
    on,
    mutation,
  }: { table: Table; on: string; mutation: (kind: string, ...statements: readonly string[]) => Mutation },
): readonly Mutation[] {
  const { controlSchema, setting } = scene.plan.settings
  const isolation = isolationOf(scene, table)
  const column = quoteIdentifier(tenantColumnOf(scene.plan.settings, table))
  const current = `${quoteIdentifier(controlSchema)}.current_tenant_id()`
  const text = `current_setting(${quoteLiteral(setting)}, true)`
  const alter = (expression: string): string => `alter policy tenant_isolation on ${on} using (${expression})`
  const drop = `drop policy tenant_isolation on ${on}`
  const create = (how: string): string =>
    `create policy tenant_isolation on ${on} as ${how} to ${appOf(scene)} using (${isolation})`
  return [
    mutation('wall-for-reads-only', drop, create('restrictive for select')),
    mutation('wall-is-permissive', drop, create('permissive for all')),
    mutation('open-without-context', alter(`${current} is null or ${column} = ${current}`)),
    ...(scene.plan.settings.keyType === 'uuid'
      ? [mutation('open-to-zeros', alter(`${current} = '00000000-0000-0000-0000-000000000000' or ${isolation}`))]
      : []),
    mutation('open-by-setting', alter(`current_setting('app.bypass', true) = 'on' or ${isolation}`)),
    mutation('compare-by-prefix', alter(`${column}::text like coalesce(${text}, '') || '%'`)),
    mutation('compare-not', alter(`not (${isolation}) or ${column} = ${current}`)),
  ]
}
