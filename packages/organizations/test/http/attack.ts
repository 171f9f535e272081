import type { Route } from '@partywall/tenancy-core/http'
import type { AttackAnswer, Credentials } from './attack-client.ts'
import type { Cast } from './cast.ts'
import type { Sample } from './sample.ts'
import type { Stage } from './stage.ts'

/** What an attack is played on: one route of one host, and two organizations that were made for it. */
export interface AttackTarget {
  readonly stage: Stage
  readonly route: Route
  readonly victim: Cast
  readonly rival: Cast
  /** The right request on the route, with ids of the victim. */
  readonly sample: Sample
  /** Sends a request; the right one if nothing is said. Its answer is searched for what is the victim's. */
  readonly ask: (who: Credentials, sample?: Sample) => Promise<AttackAnswer>
  /** Sends the right request on another route. */
  readonly askOn: (route: Route, who: Credentials, sample: Sample) => Promise<AttackAnswer>
}

/** One way to get what one may not have. */
export interface Attack {
  readonly name: string
  readonly on: (route: Route) => boolean
  /** What went through, one sentence each. */
  readonly play: (target: AttackTarget) => Promise<readonly string[]>
}

/** A sentence when an answer is not the refusal that it should be. */
export function notRefused(what: string, answer: AttackAnswer, [status, code]: readonly [number, string]): string[] {
  if (answer.status === status && answer.code === code) return []
  return [`${what}: ${answer.status} ${answer.code ?? answer.text.slice(0, 80)} instead of ${status} ${code}`]
}

export const isInside = ({ scope }: Route): boolean => scope === 'organization'
