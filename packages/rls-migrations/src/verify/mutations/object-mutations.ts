import type { Catalog, DefinerFunction, View } from '../../catalog/catalog.ts'
import { hasReached } from '../../plan/step.ts'
import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { appOf, type Mutation, type MutationScene } from './mutation.ts'

const INVOKER_VIEWS = 150000

/** The views and definer functions of the host, turned against it. */
export function objectMutations(scene: MutationScene, catalog: Catalog): readonly Mutation[] {
  const extensionless = catalog.views.filter((view) => view.extension === null)
  const functions = catalog.functions.filter((one) => one.extension === null && !one.returnsTrigger)
  return [
    ...extensionless.flatMap((view) => viewMutations(scene, view)),
    ...(hasReached(scene.phase, 'contract') ? functions.map((one) => functionMutation(scene, one)) : []),
  ]
}

function viewMutations(scene: MutationScene, view: View): readonly Mutation[] {
  const name = quoteName(view)
  const app = appOf(scene)
  const mutation = (kind: string, ...statements: readonly string[]): Mutation => ({ kind, table: '', statements })
  if (view.kind === 'materialized') {
    return [
      mutation('materialized-view-granted', `grant select on ${name} to ${app}`),
      mutation('materialized-view-for-everybody', `grant select on ${name} to public`),
    ]
  }
  const asOwner =
    scene.serverVersion >= INVOKER_VIEWS
      ? `alter view ${name} set (security_invoker = false)`
      : `alter view ${name} owner to ${quoteIdentifier(scene.owner)}`
  return [
    mutation('view-runs-as-owner', asOwner),
    mutation('rule-on-view', `create rule partywall_mutant as on update to ${name} do instead select 1`),
  ]
}

/** With its old owner it reads the rows of everybody again. */
function functionMutation(scene: MutationScene, routine: DefinerFunction): Mutation {
  const word = `${routine.kind} ${quoteName(routine)}(${routine.arguments})`
  return {
    kind: 'function-back-to-owner',
    table: '',
    statements: [`alter ${word} owner to ${quoteIdentifier(scene.owner)}`],
    superuser: true,
  }
}
