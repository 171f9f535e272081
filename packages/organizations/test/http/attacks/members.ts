import { permits } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import { asBearer, asUser } from '../attack-client.ts'
import type { Credentials } from '../attack-client.ts'
import { isInside, notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import { fingerprintOf } from '../fingerprint.ts'

const denied = [403, 'PERMISSION_DENIED'] as const
const asksFor = ({ permission }: Route): boolean => permission !== undefined

/** A member does what the role includes, while the membership and the organization are active. */
export const memberAttacks: readonly Attack[] = [
  {
    name: 'a viewer',
    on: ({ permission }) => permission !== undefined && !permits(['*:read'], permission),
    play: (target) => powerless(target, asUser(target.victim.people.viewer, target.victim.slug)),
  },
  {
    // What belongs to the organization is taken away from a role that includes everything else.
    name: 'a member',
    on: ({ permission }) => permission !== undefined && !permits(['*:read'], permission),
    play: (target) => powerless(target, asUser(target.victim.people.member, target.victim.slug)),
  },
  {
    name: 'a member whose role includes nothing',
    on: asksFor,
    play: (target) => powerless(target, asUser(target.victim.people.powerless, target.victim.slug)),
  },
  {
    name: 'a key that includes nothing',
    on: asksFor,
    play: (target) => powerless(target, asBearer(target.victim.keys.powerless)),
  },
  {
    name: 'a member who is suspended, or has not agreed yet',
    on: isInside,
    play: async ({ victim, ask }) => {
      const problems: string[] = []
      for (const user of [victim.people.suspended, victim.people.pending])
        problems.push(...notRefused(user, await ask(asUser(user, victim.slug)), [403, 'MEMBERSHIP_SUSPENDED']))
      return problems
    },
  },
  { name: 'everybody, while the organization is suspended', on: isInside, play: whileSuspended },
]

/** Before the input is read: who may not do it learns nothing of how it is done. */
async function powerless({ route, ask, sample }: AttackTarget, who: Credentials): Promise<string[]> {
  const path = route.path.replaceAll(/:\w+/g, 'x')
  const nonsense = { ...sample, path, body: sample.body === undefined ? undefined : { x: 1 } }
  return [
    ...notRefused('right request', await ask(who), denied),
    ...notRefused('nonsense', await ask(who, nonsense), denied),
  ]
}

async function whileSuspended({ stage, victim, ask }: AttackTarget): Promise<readonly string[]> {
  const set = (status: string): Promise<unknown> =>
    stage.admin('update partywall.organizations set status = $2 where id::text = $1', [victim.id, status])
  await set('suspended')
  try {
    const before = await fingerprintOf(stage, victim.id)
    const problems: string[] = []
    const callers = { owner: asUser(victim.people.owner, victim.slug), key: asBearer(victim.keys.full) }
    for (const [name, who] of Object.entries(callers))
      problems.push(...notRefused(name, await ask(who), [403, 'ORGANIZATION_SUSPENDED']))
    const outsider = await ask(asUser('stranger', victim.slug))
    problems.push(...notRefused('outsider', outsider, [404, 'ORGANIZATION_NOT_FOUND']))
    if ((await fingerprintOf(stage, victim.id)) !== before) problems.push('the organization was changed')
    return problems
  } finally {
    await set('active')
  }
}
