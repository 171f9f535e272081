import type { Plan } from '../plan/plan.ts'
import type { SealKeyRecord } from '../seal/seal-key-store.ts'

/** One line on what the context is, for whoever plans. */
export function sealNotice({ settings }: Plan): string {
  if (settings.seal !== undefined) return 'The context is sealed: the policies take tokens that the service signs.'
  return 'Available: a sealed context, so that SQL injection cannot name another organization ("seal": true; partywall seal).'
}

/** What the context takes, and its keys; nothing where it is a bare id. */
export function sealStatusText({ settings }: Plan, keys: readonly SealKeyRecord[]): string {
  if (settings.seal === undefined) return ''
  const takes =
    settings.seal === 'require'
      ? 'tokens only'
      : 'tokens, and bare ids as well until: partywall seal require (or partywall seal off)'
  const lines = keys.map(
    ({ id, createdAt, retiresAt }) =>
      `  key ${id} of ${createdAt}${retiresAt === null ? '' : `, accepted until ${retiresAt}`}`,
  )
  if (keys.length === 0) lines.push('  no key: partywall seal rotate')
  return `Sealed context: ${takes}\n${lines.join('\n')}\n`
}
