import { quoteIdentifier } from '../../sql/identifier.ts'
import { keyTable, planSealedContext, planUnseal } from '../../plan/steps/sealed-context.ts'
import type { Mutation, MutationScene } from './mutation.ts'

/** What makes a token worth nothing: keys that others can read or change, and accessors that do not ask for one. */
export function sealMutations({ plan: { settings } }: Omit<MutationScene, 'graph'>): readonly Mutation[] {
  if (settings.seal === undefined) return []
  const keys = keyTable(settings)
  const app = quoteIdentifier(settings.roles.app)
  const accessor = `${quoteIdentifier(settings.controlSchema)}.require_tenant_id()`
  const mutation = (kind: string, ...statements: readonly string[]): Mutation => ({ kind, table: '', statements })
  const [accepting] = planSealedContext({ ...settings, seal: 'accept' })
  return [
    mutation('keys-granted', `grant select on ${keys} to ${app}`),
    mutation('key-column-granted', `grant select (inner_pad) on ${keys} to ${app}`),
    mutation('keys-writable', `grant insert on ${keys} to ${app}`),
    mutation('keys-uncovered', `alter table ${keys} disable row level security`),
    mutation('keys-opened', `create policy partywall_mutant on ${keys} to ${app} using (true)`),
    mutation('accessor-with-any-path', `alter function ${accessor} reset search_path`),
    mutation('accessors-of-bare-ids', ...planUnseal(settings).statements.slice(0, 1)),
    ...(settings.seal === 'require' ? [mutation('bare-ids-accepted', ...(accepting?.statements ?? []))] : []),
  ]
}
