import { isDeepStrictEqual } from 'node:util'
import { sampleOf, told } from '@partywall/testing/http-attacks'
import type { Attack, AttackTarget } from '@partywall/testing/http-attacks'
import { asUser } from '../attack-client.ts'
import { idOfNothing, kindOf } from '../attacked-organization.ts'
import type { Cast } from '../cast.ts'

/** The token of an invitation is of use to whom it is for, while it is. */
export function tokenAttacks(victim: Cast, rival: Cast): readonly Attack[] {
  return [
    {
      name: 'a token that is of no use',
      on: ({ body }) => body?.properties?.['token'] !== undefined,
      play: (target) => deadTokens(target, victim),
    },
    {
      name: 'the token of somebody else',
      on: ({ path }) => path === '/v1/invitations/accept',
      play: async ({ ask }) => {
        const answer = await ask(asUser(rival.people.owner))
        return answer.code === 'INVITATION_OTHER_ADDRESS' ? [] : [`answers ${answer.status} ${answer.code}`]
      },
    },
  ]
}

async function deadTokens({ site, route, victim, ask, sample }: AttackTarget, cast: Cast): Promise<readonly string[]> {
  const problems: string[] = []
  const ids: typeof victim.idFor = (place) => (kindOf(place) === undefined ? undefined : idOfNothing(place))
  for (const who of [asUser(cast.people.invitee), asUser('stranger')]) {
    const unknown = told(await ask(who, sampleOf(route, { site, ids, organization: victim })))
    for (const token of cast.deadTokens) {
      const answer = await ask(who, { ...sample, body: { ...sample.body, token } })
      if (answer.code !== 'INVITATION_UNUSABLE')
        problems.push(`answers ${answer.status} ${answer.code ?? answer.text.slice(0, 80)}`)
      if (!isDeepStrictEqual(told(answer), unknown)) problems.push('a dead token is told from one that never was')
    }
  }
  return problems
}
