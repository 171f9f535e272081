import type { Table } from '../catalog/catalog.ts'
import { descendants, isPartitioned } from '../catalog/partition-tree.ts'
import type { Derivation } from '../derive/derivation.ts'
import type { PlanContext } from './plan-context.ts'
import type { Step } from './step.ts'
import { planAdoptedRoot } from './steps/adopted-root.ts'
import { planBackfill, planReconcile, planSweep } from './steps/backfill.ts'
import { planCompositeForeignKeys } from './steps/composite-foreign-key.ts'
import { planDerivedColumn, planDropDerivation, planFollowParents } from './steps/derived-column.ts'
import { planHostTenantDefault } from './steps/host-tenant-default.ts'
import { planInspection } from './steps/inspect-organizations.ts'
import { planAddGuards, planNotNull, planValidateGuards } from './steps/tenant-guards.ts'
import { planOneOwner } from './steps/one-owner.ts'
import { planTenantColumn } from './steps/tenant-column.ts'
import { planTenantDefault } from './steps/tenant-default.ts'

/**
 * Gives every row its organization. Without an adopted root each belongs to the default organization, and no row is
 * touched. With one the columns come first, then a trigger fills in new rows, then the old ones follow, parents first.
 */
export function planTenantColumns(context: PlanContext): readonly Step[] {
  if (context.root === undefined) {
    return context.tenantTables.flatMap((table) => [
      ...planOneOwner(context, table),
      ...planTenantColumn(context, table),
    ])
  }
  return [
    ...planInspection(context, 'before'),
    ...planAdoptedRoot(context),
    ...eachDerivation(context, (table, derivation) => {
      if (derivation.source === 'column') return planHostTenantDefault(context, table)
      if (derivation.source === 'default') return planTenantColumn(context, table)
      return [planDerivedColumn(context, table, derivation)]
    }),
    ...planInspection(context, 'again'),
    ...eachDerived(context, (table, derivation) =>
      storingTables(context, table).map((one) => planBackfill(context, one, derivation)),
    ),
  ]
}

/**
 * Ties rows to parents of their own organization. With an adopted root the service has moved rows while others were
 * given theirs: first whatever it does from now on is followed, then what it did is corrected, then no row may be wrong any
 * more, then that is proved.
 */
export function planTies(context: PlanContext): readonly Step[] {
  const { root, tenantTables } = context
  if (root === undefined) return tenantTables.flatMap((table) => planCompositeForeignKeys(context, table))
  const keys = [root, ...tenantTables].flatMap((table) => planCompositeForeignKeys(context, table))
  return [
    ...eachDerived(context, (table, derivation) => [planFollowParents(context, table, derivation)]),
    ...keys.filter(isAdded),
    ...eachDerived(context, (table, derivation) =>
      storingTables(context, table).map((one) => planReconcile(context, one, derivation)),
    ),
    ...eachDerivation(context, (table, derivation) => planAddGuards(context, table, derivation)),
    ...eachDerived(context, (table, derivation) =>
      storingTables(context, table).map((one) => planSweep(context, one, derivation)),
    ),
    ...keys.filter((step) => !isAdded(step)),
    ...eachDerivation(context, (table, derivation) => planValidateGuards(context, table, derivation)),
    ...eachDerived(context, (table) => [planNotNull(context, table)]),
  ]
}

/** Contract: from here on a row without a tenant is refused, whatever it was given before. */
export function planEndOfDefaults(context: PlanContext): readonly Step[] {
  if (context.root === undefined) return context.tenantTables.flatMap((table) => planTenantDefault(context, table))
  return eachDerivation(context, (table, derivation) => {
    if (derivation.source === 'column') return []
    return derivation.source === 'default'
      ? planTenantDefault(context, table)
      : [planDropDerivation(context, table, derivation)]
  })
}

/** A key that is there for new rows; what proves it, and makes one of those of partitions, follows. */
function isAdded(step: Step): boolean {
  return step.lock === 'SHARE ROW EXCLUSIVE'
}

/** The tables whose files the rows are in. */
function storingTables({ children }: PlanContext, table: Table): readonly Table[] {
  return [table, ...descendants(children, table)].filter((one) => !isPartitioned(one))
}

function eachDerivation(
  context: PlanContext,
  plan: (table: Table, derivation: Derivation) => readonly Step[],
): readonly Step[] {
  return (
    [...context.derivations.values()]
      .map((derivation) => ({ derivation, table: context.graph.table(derivation.table) as Table }))
      // What the frozen plan has has its organization already.
      .filter(({ table }) => !context.converted.includes(table))
      .flatMap(({ table, derivation }) => plan(table, derivation))
  )
}

function eachDerived(
  context: PlanContext,
  plan: (table: Table, derivation: Derivation) => readonly Step[],
): readonly Step[] {
  return eachDerivation(context, (table, derivation) =>
    derivation.source === 'derived' ? plan(table, derivation) : [],
  )
}
