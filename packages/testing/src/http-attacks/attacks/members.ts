import { permits } from '@partywall/tenancy-core/http'
import { isInside, isRead, notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import type { AttackedRoute, JsonSchema } from '../attacked-route.ts'
import type { Credentials } from '../attacked-site.ts'
import type { Sample } from '../sample.ts'

const denied = [403, 'PERMISSION_DENIED'] as const
const asksFor = ({ permission }: AttackedRoute): boolean => permission !== undefined
/** Also where the route asks for too little, or for nothing. */
const isMoreThanReading = (route: AttackedRoute): boolean =>
  isInside(route) && (!isRead(route) || (route.permission !== undefined && !permits(['*:read'], route.permission)))

/** A member does what the role includes, while the membership and the organization are active. */
export const memberAttacks: readonly Attack[] = [
  {
    name: 'a viewer',
    on: isMoreThanReading,
    play: (target) => reader(target, target.victim.callers.viewer),
  },
  {
    // What belongs to the organization is taken away from a role that includes everything else.
    name: 'a member',
    on: (route) => asksFor(route) && isMoreThanReading(route),
    play: (target) => powerless(target, target.victim.callers.member),
  },
  {
    name: 'a member whose role includes nothing',
    on: asksFor,
    play: (target) => powerless(target, target.victim.callers.powerless),
  },
  {
    name: 'a key that includes nothing',
    on: asksFor,
    play: (target) => powerless(target, target.victim.callers.powerlessKey),
  },
  {
    name: 'a member who is suspended, or has not agreed yet',
    on: isInside,
    play: async ({ victim, ask, inside }) => {
      const problems: string[] = []
      for (const [name, who] of Object.entries(victim.callers.suspended))
        problems.push(...notRefused(name, await ask(inside(who, victim)), [403, 'MEMBERSHIP_SUSPENDED']))
      return problems
    },
  },
  { name: 'everybody, while the organization is suspended', on: isInside, play: whileSuspended },
]

async function reader(target: AttackTarget, who: Credentials): Promise<readonly string[] | undefined> {
  return target.site.viewersMay?.(target.route) === true ? undefined : await powerless(target, who)
}

/** Before the input is read, unless the host reads it first: who may not do it learns nothing of how it is done. */
async function powerless(
  { site, route, ask, inside, victim, sample }: AttackTarget,
  who: Credentials | undefined,
): Promise<readonly string[] | undefined> {
  if (who === undefined) return undefined
  const right = notRefused('right request', await ask(inside(who, victim)), denied)
  if (site.readsInputFirst === true) return right
  return [...right, ...notRefused('nonsense', await ask(inside(who, victim), nonsense(route, sample)), denied)]
}

function nonsense({ path, body }: AttackedRoute, sample: Sample): Sample {
  const withoutSense = (schema: JsonSchema | undefined) => (schema === undefined ? undefined : { x: 1 })
  return { ...sample, path: path.replaceAll(/{\w+}/g, 'x'), body: withoutSense(body) }
}

async function whileSuspended({ site, victim, ask, inside }: AttackTarget): Promise<readonly string[] | undefined> {
  if (site.suspend === undefined) return undefined
  await site.suspend(victim.id, true)
  try {
    const before = await site.fingerprint(victim.id)
    const problems: string[] = []
    const { owner, key } = victim.callers
    for (const [name, who] of Object.entries({ owner, ...(key === undefined ? {} : { key }) }))
      problems.push(...notRefused(name, await ask(inside(who, victim)), [403, 'ORGANIZATION_SUSPENDED']))
    const outsider = await ask(inside(site.outsider, victim))
    problems.push(...notRefused('outsider', outsider, [404, 'ORGANIZATION_NOT_FOUND']))
    if ((await site.fingerprint(victim.id)) !== before) problems.push('the organization was changed')
    return problems
  } finally {
    await site.suspend(victim.id, false)
  }
}
