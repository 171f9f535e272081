import { displayName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/**
 * What the conversion must alter and the login may not: found before the first step, since between two of them it would
 * leave the host half converted.
 */
export function notOwnedHazards(context: PlanContext): Hazard[] {
  const { catalog, settings } = context
  if (catalog.login.superuser) return []
  const ours: readonly string[] = Object.values(settings.roles)
  return alteredObjects(context)
    .filter(({ owner }) => !catalog.login.rightsOf.includes(owner) && !ours.includes(owner))
    .map(({ object, owner }) => ({
      id: 'not-owned',
      severity: 'blocking',
      object,
      message: `It belongs to ${owner}, and ${settings.login} may not alter it. Have a DBA run: alter ${object} owner to ${settings.login}`,
    }))
}

interface AlteredObject {
  /** As reports name it and ALTER wants it. */
  readonly object: string
  readonly owner: string
}

interface Open {
  readonly grants: readonly { readonly role: string }[]
  readonly columnGrants?: readonly { readonly role: string }[]
}

function alteredObjects({ catalog, classifications }: PlanContext): AlteredObject[] {
  const tables = classifications
    .filter(({ table, class: is }) => is !== 'skipped' || (table.extension === null && isOpen(table)))
    .map(({ table }) => ({ object: `table ${displayName(table)}`, owner: table.owner }))
  const views = catalog.views
    .filter((view) => view.extension === null && (view.kind === 'view' || isOpen(view)))
    .map((view) => ({
      object: `${view.kind === 'view' ? 'view' : 'materialized view'} ${displayName(view)}`,
      owner: view.owner,
    }))
  const routines = catalog.functions
    .filter((one) => one.extension === null)
    .map((one) => ({ object: `${one.kind} ${displayName(one)}(${one.arguments})`, owner: one.owner }))
  const sequences = catalog.freeSequences.map((one) => ({ object: `sequence ${displayName(one)}`, owner: one.owner }))
  return [...tables, ...views, ...routines, ...sequences]
}

/** Only what PUBLIC holds on them is taken. */
function isOpen({ grants, columnGrants = [] }: Open): boolean {
  return [...grants, ...columnGrants].some((grant) => grant.role === 'public')
}
