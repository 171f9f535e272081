import type { ForeignKey } from '../../catalog/catalog.ts'
import { isGenerated } from '../../plan/plan-context.ts'
import { hasReached } from '../../plan/step.ts'
import { isWithinAcceptedKey } from '../accepted-keys.ts'
import { displayName, quoteColumns, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { defaultOrganization, type MutatedTable, type Mutation, type MutationScene } from './mutation.ts'

/** Keys and defaults: what policies cannot stop. */
export function keyMutations(scene: MutationScene, { planned, table }: MutatedTable): readonly Mutation[] {
  if (planned.class !== 'tenant') return []
  const { tenantColumn } = scene.plan.settings
  const on = quoteName(table)
  const mutation = (kind: string, ...statements: readonly string[]): Mutation => ({
    kind,
    table: displayName(table),
    statements,
  })
  const composite = table.foreignKeys.filter((key) => key.columns.includes(tenantColumn) && key.columns.length > 1)
  const narrow = hasReached(scene.phase, 'contract') ? narrowKey(scene, { planned, table }) : undefined
  return [
    ...(table.kind === 'partition' ? [] : columnMutations(scene, { planned, table }).map((one) => mutation(...one))),
    ...(narrow === undefined
      ? []
      : [
          mutation(
            'expression-across-organizations',
            `create unique index partywall_mutant on ${on} (${narrow.map((one) => `md5(${quoteIdentifier(one)}::text)`).join(', ')})`,
          ),
          mutation(
            'key-across-organizations',
            `create unique index partywall_mutant on ${on} (${quoteColumns(narrow)})`,
          ),
        ]),
    ...table.keys
      .filter((key) => key.kind !== 'exclusion' && key.columns.includes(tenantColumn))
      .slice(0, 1)
      .map((key) => mutation('key-dropped', `alter table ${on} drop constraint ${quoteIdentifier(key.name)} cascade`)),
    ...composite.flatMap((key) => [
      mutation('reference-dropped', `alter table ${on} drop constraint ${quoteIdentifier(key.name)}`),
      mutation('reference-narrowed', ...narrowReference(on, key, tenantColumn)),
    ]),
    ...(composite.length === 0
      ? []
      : [{ ...mutation('reference-switched-off', `alter table ${on} disable trigger all`), superuser: true }]),
  ]
}

/** Sabotages of the tenant column. That of a partition comes from its parent. */
function columnMutations(
  scene: MutationScene,
  { table }: MutatedTable,
): readonly (readonly [kind: string, statement: string])[] {
  const { tenantColumn } = scene.plan.settings
  const alter = `alter table ${quoteName(table)} alter column ${quoteIdentifier(tenantColumn)}`
  // A primary key refuses NULL by itself.
  const inPrimaryKey = table.keys.some((key) => key.kind === 'primary' && key.columns.includes(tenantColumn))
  return [
    ...(inPrimaryKey ? [] : [['tenant-may-be-null', `${alter} drop not null`] as const]),
    ['tenant-by-default', `${alter} set default ${defaultOrganization(scene)}`],
  ]
}

/**
 * A key of the table without its tenant; undefined when it has none, when the database makes its values, and when a key
 * that the plan leaves is unique across organizations already, so that another one would take nothing away.
 */
function narrowKey(scene: MutationScene, { table }: MutatedTable): readonly string[] | undefined {
  const { tenantColumn } = scene.plan.settings
  const wide = table.indexes
    .filter((index) => index.unique && index.predicate === null && index.columns?.includes(tenantColumn) === true)
    .map((index) => (index.columns ?? []).filter((column) => column !== tenantColumn))
  return wide.find(
    (columns) =>
      columns.length > 0 &&
      !columns.some((column) => isGenerated(table, column)) &&
      !isWithinAcceptedKey(scene, table, columns),
  )
}

function narrowReference(on: string, key: ForeignKey, tenantColumn: string): readonly string[] {
  const pairs = key.columns
    .map((column, at) => ({ column, referenced: key.referencedColumns[at] as string }))
    .filter(({ column }) => column !== tenantColumn)
  const referenced = quoteColumns(pairs.map((pair) => pair.referenced))
  const name = quoteIdentifier(key.name)
  return [
    `create unique index partywall_mutant on ${quoteName(key.references)} (${referenced})`,
    `alter table ${on} drop constraint ${name}, add constraint ${name} foreign key (${quoteColumns(pairs.map((pair) => pair.column))}) references ${quoteName(key.references)} (${referenced}) on delete ${key.onDelete}`,
    `comment on constraint ${name} on ${on} is ${quoteLiteral('narrowed')}`,
  ]
}
