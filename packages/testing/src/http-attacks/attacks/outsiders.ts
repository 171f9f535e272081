import { isDeepStrictEqual } from 'node:util'
import { told } from '../attack-client.ts'
import { isInside, notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import type { Credentials } from '../attacked-site.ts'

const notFound = [404, 'ORGANIZATION_NOT_FOUND'] as const
const nowhere = ['no-such-organization', '00000000-0000-4000-8000-000000000000'] as const

/** Whoever is not in an organization learns nothing of it, not even that it exists. */
export const outsiderAttacks: readonly Attack[] = [
  { name: 'an outsider', on: isInside, play: (target) => outsiders(target, target.site.outsider) },
  {
    name: 'a member of another organization',
    on: isInside,
    play: (target) => outsiders(target, target.rival.callers.owner),
  },
  {
    name: 'a key of another organization',
    on: isInside,
    play: (target) => outsiders(target, target.rival.callers.key),
  },
  {
    name: 'somebody who was invited and has not accepted',
    on: isInside,
    play: (target) => outsiders(target, target.victim.callers.invitee),
  },
]

async function outsiders(
  { victim, ask, inside }: AttackTarget,
  who: Credentials | undefined,
): Promise<readonly string[] | undefined> {
  if (who === undefined) return undefined
  const problems: string[] = []
  const expected = told(await ask(inside(who, nowhere[0])))
  for (const organization of [victim.slug, victim.id, ...nowhere]) {
    const answer = await ask(inside(who, organization))
    problems.push(...notRefused(organization, answer, notFound))
    if (!isDeepStrictEqual(told(answer), expected)) problems.push(`${organization} is told from one that is not there`)
  }
  return problems
}
