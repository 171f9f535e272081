import type { Route } from '@partywall/tenancy-core/http'
import { asUser, send } from './attack-client.ts'
import type { AttackAnswer, Credentials } from './attack-client.ts'
import type { Attack, AttackTarget } from './attack.ts'
import { changeAttacks } from './attacks/changes.ts'
import { cursorAttacks } from './attacks/cursors.ts'
import { idAttacks } from './attacks/ids.ts'
import { impostorAttacks } from './attacks/impostors.ts'
import { memberAttacks } from './attacks/members.ts'
import { outsiderAttacks } from './attacks/outsiders.ts'
import { replayAttacks, replayKey } from './attacks/replays.ts'
import { createCast } from './cast.ts'
import { contradictions } from './conformity.ts'
import { fingerprintOf } from './fingerprint.ts'
import { idsOf, sampleOf } from './sample.ts'
import type { Stage } from './stage.ts'

const before: readonly Attack[] = [
  ...outsiderAttacks,
  ...impostorAttacks,
  ...idAttacks,
  ...cursorAttacks,
  ...changeAttacks,
  ...memberAttacks,
]

/** What was attacked, and what went through. */
export interface RouteReport {
  readonly requests: number
  readonly problems: readonly string[]
}

/**
 * Plays every attack that a route gives occasion to, on two organizations made for it; then makes the right request, which has
 * to succeed: otherwise the attacks would have been refused for another reason.
 */
export async function attackRoute(stage: Stage, origin: string, route: Route): Promise<RouteReport> {
  const [victim, rival] = [await createCast(stage), await createCast(stage)]
  const problems: string[] = []
  let requests = 0
  let current = ''
  const askOn = async (on: Route, who: Credentials, asked: AttackTarget['sample']): Promise<AttackAnswer> => {
    requests += 1
    const answer = await send(origin, { route: on, sample: asked, who })
    problems.push(...contradictions(on, answer).map((one) => `${current}: ${one}`))
    if (answer.status >= 400 && answer.text.includes(victim.marker))
      problems.push(`${current}: names what is the victim's`)
    return answer
  }
  const sample = sampleOf(route, idsOf(victim), victim.marker)
  const ask: AttackTarget['ask'] = (who, asked = sample) => askOn(route, who, asked)
  const target: AttackTarget = { stage, route, victim, rival, sample, ask, askOn }
  const play = async (attacks: readonly Attack[]): Promise<void> => {
    for (const attack of attacks.filter(({ on }) => on(route))) {
      current = attack.name
      problems.push(...(await attack.play(target)).map((one) => `${current}: ${one}`))
    }
  }
  const prints = await printsOf(target)
  const isSuspending = ({ name }: Attack): boolean => name.startsWith('everybody')
  await play(before.filter((attack) => !isSuspending(attack)))
  current = 'all attacks'
  if (String(await printsOf(target)) !== String(prints)) problems.push('an attack that was refused changed something')
  await play(before.filter(isSuspending))
  current = 'the right request'
  problems.push(...(await rightRequest(target)))
  await play(replayAttacks)
  return { requests, problems }
}

async function printsOf({ stage, victim, rival }: AttackTarget): Promise<readonly string[]> {
  return [await fingerprintOf(stage, victim.id), await fingerprintOf(stage, rival.id)]
}

async function rightRequest(target: AttackTarget): Promise<readonly string[]> {
  const { route, victim, sample, ask } = target
  const [victimBefore, rivalBefore] = await printsOf(target)
  // What a person does who is not in the organization yet.
  const who = /^\/(?:invitations\/|organizations\/.)/.test(route.path)
    ? asUser(victim.people.invitee)
    : asUser(victim.people.owner, route.scope === 'user' ? undefined : victim.slug)
  const key = route.idempotent === true ? { 'idempotency-key': replayKey } : {}
  const answer = await ask(who, { ...sample, headers: { ...sample.headers, ...key } })
  const [victimAfter, rivalAfter] = await printsOf(target)
  const changes = route.method !== 'GET' && route.path !== '/invitations/preview'
  const others = [...answer.text.matchAll(/m[0-9a-f]{16}/g)].filter(([marker]) => marker !== victim.marker)
  return [
    ...(others.length === 0 ? [] : ['the right answer names what belongs to others']),
    ...(answer.status < 300 ? [] : [`the right request is refused: ${answer.status} ${answer.text.slice(0, 300)}`]),
    ...(changes === (victimAfter !== victimBefore)
      ? []
      : [`the right request ${changes ? 'changed nothing' : 'changed something'}`]),
    ...(rivalAfter === rivalBefore ? [] : ['the right request changed another organization']),
  ]
}
