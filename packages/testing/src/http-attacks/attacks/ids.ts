import { isDeepStrictEqual } from 'node:util'
import { told } from '../attack-client.ts'
import type { AttackAnswer } from '../attack-client.ts'
import { isInside, isRead } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import type { Credentials, Place } from '../attacked-site.ts'
import { positionsOf, sampleOf, unknownIds } from '../sample.ts'
import type { IdSource } from '../sample.ts'

/** An id of another organization is answered as one that nothing has, in every position where an id can stand. */
export const idAttacks: readonly Attack[] = [
  {
    name: 'an id of another organization, in each position',
    on: isInside,
    play: async (target) => {
      const problems: string[] = []
      const positions = positionsOf(target.route, target.rival.idFor)
      if (positions.length === 0) return undefined
      for (const position of positions) problems.push(...(await foreignId(target, position)))
      return problems
    },
  },
]

/** The owner of the rival asks in the own organization, with everything right but one id. */
async function foreignId(target: AttackTarget, position: Place): Promise<readonly string[]> {
  const { site, route, rival, victim, ask, inside } = target
  const withOne =
    (source: IdSource): IdSource =>
    (one) =>
      one.in === position.in && one.name === position.name ? source(one) : rival.idFor(one)
  const nothing = unknownIds(site, rival.idFor)
  const where = `${position.in} ${position.name}`
  const [theirs, none] = [victim.idFor(position), nothing(position)]
  if (theirs === rival.idFor(position))
    return [`${where}: both organizations have the id ${theirs}, which shows nothing`]
  const problems: string[] = []
  for (const [name, who] of Object.entries(callersOf(target))) {
    const send = (ids: IdSource): Promise<AttackAnswer> =>
      ask(inside(who, rival), sampleOf(route, { site, ids, organization: rival }))
    const foreign = await send(withOne(victim.idFor))
    const unknown = await send(withOne(nothing))
    if (foreign.status < 400 && !isRead(route)) problems.push(`${where} of ${name}: ${foreign.status}`)
    if (foreign.text.includes(victim.marker)) problems.push(`${where} of ${name}: names what is the victim's`)
    const asked = [String(theirs), String(none)]
    if (!isDeepStrictEqual(told(foreign, ...asked), told(unknown, ...asked)))
      problems.push(`${where} of ${name}: ${shown(foreign)} is told from ${shown(unknown)}`)
  }
  return problems
}

function callersOf({ rival }: AttackTarget): Readonly<Record<string, Credentials>> {
  const { owner, key } = rival.callers
  return { owner, ...(key === undefined ? {} : { key }) }
}

function shown({ status, code, text }: AttackAnswer): string {
  return `${status} ${code ?? text.slice(0, 80)}`
}
