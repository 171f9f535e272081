import { isDeepStrictEqual } from 'node:util'
import { asBearer, asUser, told } from '../attack-client.ts'
import type { AttackAnswer } from '../attack-client.ts'
import { isInside } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import { idsOf, idsOfNothing, positionsOf, sampleOf } from '../sample.ts'
import type { IdSource, Position } from '../sample.ts'

/** An id of another organization is answered as one that nothing has, in every position where an id can stand. */
export const idAttacks: readonly Attack[] = [
  {
    name: 'an id of another organization, in each position',
    on: (route) => isInside(route) && positionsOf(route).length > 0,
    play: async (target) => {
      const problems: string[] = []
      for (const position of positionsOf(target.route)) problems.push(...(await foreignId(target, position)))
      return problems
    },
  },
  {
    name: 'a token that is of no use',
    on: (route) => positionsOf(route).some(({ kind }) => kind === 'token'),
    play: deadTokens,
  },
  {
    name: 'the token of somebody else',
    on: ({ path }) => path === '/invitations/accept',
    play: async ({ ask, rival }) => {
      const answer = await ask(asUser(rival.people.owner))
      return answer.code === 'INVITATION_OTHER_ADDRESS' ? [] : [`answers ${answer.status} ${answer.code}`]
    },
  },
]

/** The owner of the rival asks in the own organization, with everything right but one id. */
async function foreignId(target: AttackTarget, position: Position): Promise<readonly string[]> {
  const { route, rival, victim, ask } = target
  const own = idsOf(rival)
  const withOne =
    (source: IdSource): IdSource =>
    (one) =>
      one.place === position.place ? source(one) : own(one)
  const problems: string[] = []
  for (const [name, who] of Object.entries({
    owner: asUser(rival.people.owner, rival.slug),
    key: asBearer(rival.keys.full),
  })) {
    const foreign = await ask(who, sampleOf(route, withOne(idsOf(victim)), rival.marker))
    const unknown = await ask(who, sampleOf(route, withOne(idsOfNothing), rival.marker))
    if (foreign.status < 400) problems.push(`${position.place} of ${name}: ${foreign.status}`)
    if (!isDeepStrictEqual(told(foreign), told(unknown)))
      problems.push(`${position.place} of ${name}: ${shown(foreign)} is told from ${shown(unknown)}`)
  }
  return problems
}

function shown({ status, code, text }: AttackAnswer): string {
  return `${status} ${code ?? text.slice(0, 80)}`
}

async function deadTokens({ route, victim, ask, sample }: AttackTarget): Promise<readonly string[]> {
  const problems: string[] = []
  for (const who of [asUser(victim.people.invitee), asUser('stranger')]) {
    const unknown = told(await ask(who, sampleOf(route, idsOfNothing, victim.marker)))
    for (const token of victim.deadTokens) {
      const answer = await ask(who, { ...sample, body: { ...sample.body, token } })
      if (answer.code !== 'INVITATION_UNUSABLE') problems.push(`answers ${shown(answer)}`)
      if (!isDeepStrictEqual(told(answer), unknown)) problems.push('a dead token is told from one that never was')
    }
  }
  return problems
}
