import type { AttackAnswer } from '../attack-client.ts'
import { notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import type { AttackedRoute } from '../attacked-route.ts'
import { sampleOf } from '../sample.ts'
import type { Sample } from '../sample.ts'

/** With this the right request on a route that takes a key was made, just before. */
export const replayKey = 'the-key-of-the-owner'

const wasReplayed = ({ headers }: AttackAnswer): boolean => headers['idempotent-replayed'] !== undefined
const takesKeys = ({ isIdempotent, scope }: AttackedRoute): boolean => isIdempotent && scope === 'organization'

/** An answer that is kept is given again to whom it was given, for the same request: played after the right one. */
export const replayAttacks: readonly Attack[] = [
  { name: 'the right request again', on: takesKeys, play: again },
  { name: 'an Idempotency-Key of somebody else', on: takesKeys, play: foreignKey },
  { name: 'a key of the time before the role was lost', on: takesKeys, play: formerKey },
]

function keyed(sample: Sample): Sample {
  return { ...sample, headers: { ...sample.headers, 'idempotency-key': replayKey } }
}

async function again({ site, victim, sample, ask, inside }: AttackTarget): Promise<readonly string[]> {
  const before = await site.fingerprint(victim.id)
  const answer = await ask(inside(victim.callers.owner, victim), keyed(sample))
  return [
    ...(wasReplayed(answer) && answer.status < 300 ? [] : [`is answered ${answer.status} ${answer.code}`]),
    ...((await site.fingerprint(victim.id)) === before ? [] : ['has its effect twice']),
  ]
}

async function foreignKey(target: AttackTarget): Promise<readonly string[]> {
  const { site, route, victim, rival, sample, ask, inside } = target
  const problems: string[] = []
  const owner = inside(victim.callers.owner, victim)
  const own = sampleOf(route, { site, ids: rival.idFor, organization: rival })
  const others: Record<string, AttackAnswer> = {
    'another member': await ask(inside(victim.callers.deputy ?? victim.callers.viewer, victim), keyed(sample)),
    'another organization': await ask(inside(rival.callers.owner, rival), keyed(own)),
  }
  if (site.shareOwner !== undefined) {
    await site.shareOwner(victim, rival)
    const shared = 'the same person in another organization'
    others[shared] = await ask(inside(victim.callers.owner, rival), keyed(sample))
  }
  for (const [name, answer] of Object.entries(others)) if (wasReplayed(answer)) problems.push(`is answered to ${name}`)
  // With what would be right for the rival, and so another request.
  const changed = await ask(owner, keyed(own))
  if (wasReplayed(changed) || changed.status < 400) problems.push(`is answered to another request: ${changed.status}`)
  return problems
}

/** What was answered is answered again; nothing else is. */
async function formerKey(target: AttackTarget): Promise<readonly string[] | undefined> {
  const { site, route, victim, rival, sample, ask, inside } = target
  if (site.demoteOwner === undefined) return undefined
  await site.demoteOwner(victim)
  const before = await site.fingerprint(victim.id)
  const who = inside(victim.callers.owner, victim)
  const same = await ask(who, keyed(sample))
  const denied = [403, 'PERMISSION_DENIED'] as const
  const other = await ask(who, keyed(sampleOf(route, { site, ids: rival.idFor, organization: rival })))
  return [
    ...(wasReplayed(same) && same.status < 300 ? [] : [`the same request: ${same.status} ${same.code}`]),
    ...notRefused('another request', other, denied),
    ...notRefused('without the key', await ask(who), denied),
    ...((await site.fingerprint(victim.id)) === before ? [] : ['has its effect twice']),
  ]
}
