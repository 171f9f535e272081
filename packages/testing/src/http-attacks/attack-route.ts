import { send } from './attack-client.ts'
import { isInside, isRead } from './attack.ts'
import type { Attack, AttackTarget } from './attack.ts'
import { organizationHeaderOf } from './attacked-route.ts'
import type { AttackedRoute } from './attacked-route.ts'
import type { AttackedSite, Credentials } from './attacked-site.ts'
import { cursorAttacks } from './attacks/cursors.ts'
import { idAttacks } from './attacks/ids.ts'
import { impostorAttacks } from './attacks/impostors.ts'
import { memberAttacks } from './attacks/members.ts'
import { outsiderAttacks } from './attacks/outsiders.ts'
import { replayAttacks, replayKey } from './attacks/replays.ts'
import { contradictions } from './conformity.ts'
import { sampleOf } from './sample.ts'

const before: readonly Attack[] = [
  ...outsiderAttacks,
  ...impostorAttacks,
  ...idAttacks,
  ...cursorAttacks,
  ...memberAttacks,
]

/** What was attacked, and what went through. */
export interface RouteReport {
  readonly requests: number
  /** The names of the attacks that were played. */
  readonly attacks: readonly string[]
  readonly problems: readonly string[]
}

/**
 * Plays every attack that a route gives occasion to; then makes the right request, which has to succeed: otherwise the attacks
 * would have been refused for another reason.
 *
 * @throws {Error} when neither the document nor the site says what a right request is.
 *
 * @example
 * ```ts
 * const { problems } = await attackRoute(site, route) // { problems: [] }
 * ```
 */
export async function attackRoute(site: AttackedSite, route: AttackedRoute): Promise<RouteReport> {
  const { victim, rival } = await site.organizations()
  const problems: string[] = []
  const attacks: string[] = []
  let requests = 0
  let current = ''
  const header = organizationHeaderOf(site.document)
  const askOn: AttackTarget['askOn'] = async (on, who, asked) => {
    requests += 1
    const answer = await send(site.origin, { route: on, sample: asked, who })
    problems.push(...contradictions(on, answer).map((one) => `${current}: ${one}`))
    if (answer.status >= 400 && answer.text.includes(victim.marker))
      problems.push(`${current}: names what is the victim's`)
    return answer
  }
  const sample = sampleOf(route, { site, ids: victim.idFor, organization: victim })
  const target: AttackTarget = {
    site,
    route,
    victim,
    rival,
    sample,
    askOn,
    ask: (who, asked = sample) => askOn(route, who, asked),
    inside: (who, organization) => ({
      [header]: typeof organization === 'string' ? organization : organization.slug,
      ...who,
    }),
  }
  const play = async (all: readonly Attack[]): Promise<void> => {
    for (const attack of all.filter(({ on }) => on(route))) {
      current = attack.name
      const found = await attack.play(target)
      if (found === undefined) continue
      attacks.push(attack.name)
      problems.push(...found.map((one) => `${current}: ${one}`))
    }
  }
  const prints = await printsOf(target)
  const isSuspending = ({ name }: Attack): boolean => name.startsWith('everybody')
  await play([...before, ...(site.attacks ?? [])].filter((attack) => !isSuspending(attack)))
  current = 'all attacks'
  if (String(await printsOf(target)) !== String(prints)) problems.push('an attack that was refused changed something')
  await play(before.filter(isSuspending))
  current = 'the right request'
  problems.push(...(await rightRequest(target)))
  await play(replayAttacks)
  return { requests, attacks, problems }
}

async function printsOf({ site, victim, rival }: AttackTarget): Promise<readonly string[]> {
  return [await site.fingerprint(victim.id), await site.fingerprint(rival.id)]
}

async function rightRequest(target: AttackTarget): Promise<readonly string[]> {
  const { site, route, rival, sample, ask } = target
  const [victimBefore, rivalBefore] = await printsOf(target)
  const key = route.isIdempotent ? { 'idempotency-key': replayKey } : {}
  const answer = await ask(rightCaller(target), { ...sample, headers: { ...sample.headers, ...key } })
  const [victimAfter, rivalAfter] = await printsOf(target)
  const changes = site.changes?.(route) ?? !isRead(route)
  return [
    ...(answer.text.includes(rival.marker) ? ['the right answer names what belongs to others'] : []),
    ...(answer.status < 300 ? [] : [`the right request is refused: ${answer.status} ${answer.text.slice(0, 300)}`]),
    ...(changes === (victimAfter !== victimBefore)
      ? []
      : [`the right request ${changes ? 'changed nothing' : 'changed something'}`]),
    ...(rivalAfter === rivalBefore ? [] : ['the right request changed another organization']),
  ]
}

function rightCaller({ site, route, victim, inside }: AttackTarget): Credentials {
  const who = site.rightCaller?.(route, victim) ?? victim.callers.owner
  return isInside(route) ? inside(who, victim) : who
}
