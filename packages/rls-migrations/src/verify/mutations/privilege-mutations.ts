import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { appOf, makeLogin, mutantLogin, type MutatedTable, type Mutation, type MutationScene } from './mutation.ts'

/** Privileges that no policy governs. */
export function privilegeMutations(scene: MutationScene, { planned, table }: MutatedTable): readonly Mutation[] {
  const on = quoteName(table)
  const app = appOf(scene)
  const mutation = (kind: string, ...statements: readonly string[]): Mutation => ({
    kind,
    table: displayName(table),
    statements,
  })
  const dangerous = ['truncate', 'trigger', 'references', ...(scene.serverVersion >= 170000 ? ['maintain'] : [])]
  const writes = planned.class === 'user' ? ['insert', 'update', 'delete'] : []
  const login = quoteIdentifier(mutantLogin)
  return [
    ...[...dangerous, ...writes].map((privilege) =>
      mutation(`grant-${privilege}`, `grant ${privilege} on ${on} to ${app}`),
    ),
    mutation('grant-truncate-to-login', makeLogin(scene), `grant truncate on ${on} to ${login}`),
    { ...mutation('owned-by-login', makeLogin(scene), `alter table ${on} owner to ${login}`), superuser: true },
    ...table.sequences
      .slice(0, 1)
      .map((sequence) => mutation('grant-setval', `grant update on sequence ${quoteName(sequence)} to ${app}`)),
  ]
}
