import { isDeepStrictEqual } from 'node:util'
import { asBearer, asUser, told } from '../attack-client.ts'
import type { Credentials } from '../attack-client.ts'
import { isInside, notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'

const notFound = [404, 'ORGANIZATION_NOT_FOUND'] as const
const nowhere = ['no-such-organization', '00000000-0000-4000-8000-000000000000']

/** Whoever is not in an organization learns nothing of it, not even that it exists. */
export const outsiderAttacks: readonly Attack[] = [
  {
    name: 'an outsider',
    on: isInside,
    play: (target) => outsiders(target, (organization) => asUser('stranger', organization)),
  },
  {
    name: 'a member of another organization',
    on: isInside,
    play: (target) => outsiders(target, (organization) => asUser(target.rival.people.owner, organization)),
  },
  {
    name: 'a key of another organization',
    on: isInside,
    play: (target) => outsiders(target, (organization) => asBearer(target.rival.keys.full, organization)),
  },
  {
    name: 'somebody who was invited and has not accepted',
    on: isInside,
    play: (target) => outsiders(target, (organization) => asUser(target.victim.people.invitee, organization)),
  },
]

async function outsiders({ victim, ask }: AttackTarget, who: (organization: string) => Credentials): Promise<string[]> {
  const problems: string[] = []
  const expected = told(await ask(who(nowhere[0] as string)))
  for (const organization of [victim.slug, victim.id, ...nowhere]) {
    const answer = await ask(who(organization))
    problems.push(...notRefused(organization, answer, notFound))
    if (!isDeepStrictEqual(told(answer), expected)) problems.push(`${organization} is told from one that is not there`)
  }
  return problems
}
