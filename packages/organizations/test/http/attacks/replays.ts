import { asUser } from '../attack-client.ts'
import type { AttackAnswer } from '../attack-client.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import { fingerprintOf } from '../fingerprint.ts'
import { idsOf, sampleOf } from '../sample.ts'

/** With this the right request on a route that takes a key was made, just before. */
export const replayKey = 'the-key-of-the-owner'

const wasReplayed = ({ headers }: AttackAnswer): boolean => headers['idempotent-replayed'] !== undefined

/** An answer that is kept is given again to whom it was given, for the same request: played after the right one. */
export const replayAttacks: readonly Attack[] = [
  { name: 'the right request again', on: ({ idempotent }) => idempotent === true, play: again },
  { name: 'an Idempotency-Key of somebody else', on: ({ idempotent }) => idempotent === true, play: foreignKey },
]

async function again({ stage, victim, sample, ask }: AttackTarget): Promise<readonly string[]> {
  const before = await fingerprintOf(stage, victim.id)
  const headers = { ...sample.headers, 'idempotency-key': replayKey }
  const answer = await ask(asUser(victim.people.owner, victim.slug), { ...sample, headers })
  return [
    ...(wasReplayed(answer) && answer.status < 300 ? [] : [`is answered ${answer.status} ${answer.code}`]),
    ...((await fingerprintOf(stage, victim.id)) === before ? [] : ['has its effect twice']),
  ]
}

async function foreignKey({ stage, route, victim, rival, sample, ask }: AttackTarget): Promise<readonly string[]> {
  const headers = { ...sample.headers, 'idempotency-key': replayKey }
  const problems: string[] = []
  const [owner, deputy] = [victim.people.owner, victim.people.deputy].map((user) => asUser(user, victim.slug))
  // The same person, an owner of both.
  await stage.admin(
    `insert into partywall.memberships (organization_id, user_id, role)
     select id, $2, 'owner' from partywall.organizations where id::text = $1`,
    [rival.id, victim.people.owner],
  )
  const others = {
    'the same person in another organization': await ask(asUser(victim.people.owner, rival.slug), {
      ...sample,
      headers,
    }),
    'another member': await ask(deputy ?? {}, { ...sample, headers }),
    'another organization': await ask(asUser(rival.people.owner, rival.slug), {
      ...sampleOf(route, idsOf(rival), rival.marker),
      headers,
    }),
  }
  for (const [name, answer] of Object.entries(others)) if (wasReplayed(answer)) problems.push(`is answered to ${name}`)
  const changed = await ask(owner ?? {}, {
    ...sampleOf(route, ({ kind, place }) => `${kind}-${place.length}`, rival.marker),
    headers,
  })
  if (wasReplayed(changed) || changed.status < 400) problems.push(`is answered to another request: ${changed.status}`)
  return problems
}
