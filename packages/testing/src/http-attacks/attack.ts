import type { AttackAnswer } from './attack-client.ts'
import type { AttackedRoute } from './attacked-route.ts'
import type { AttackedOrganization, AttackedSite, Credentials } from './attacked-site.ts'
import type { Sample } from './sample.ts'

/** What an attack is played on: one route of one host, and two organizations. */
export interface AttackTarget {
  readonly site: AttackedSite
  readonly route: AttackedRoute
  readonly victim: AttackedOrganization
  readonly rival: AttackedOrganization
  /** The right request on the route, with ids of the victim. */
  readonly sample: Sample
  /** Sends a request; the right one if nothing is said. Refusals are searched for what is the victim's. */
  readonly ask: (who: Credentials, sample?: Sample) => Promise<AttackAnswer>
  /** Sends a request on another route. */
  readonly askOn: (route: AttackedRoute, who: Credentials, sample: Sample) => Promise<AttackAnswer>
  /** Somebody, who names an organization. */
  readonly inside: (who: Credentials, organization: string | AttackedOrganization) => Credentials
}

/** One way to get what one may not have. */
export interface Attack {
  readonly name: string
  readonly on: (route: AttackedRoute) => boolean
  /** What went through, one sentence each; `undefined` when those are missing who would play it. */
  readonly play: (target: AttackTarget) => Promise<readonly string[] | undefined>
}

/**
 * A sentence when an answer is not the refusal that it should be.
 *
 * @example
 * ```ts
 * const answer = await send(origin, { route, sample, who: {} })
 * notRefused('a stranger', answer, [401, 'UNAUTHENTICATED']) // []
 * ```
 */
export function notRefused(
  what: string,
  answer: AttackAnswer,
  [status, code]: readonly [status: number, code: string],
): readonly string[] {
  // The service may refuse before Partywall does, in its own words.
  const isOwn = answer.headers['content-type'] !== 'application/problem+json'
  if (answer.status === status && (answer.code === code || isOwn)) return []
  return [`${what}: ${answer.status} ${answer.code ?? answer.text.slice(0, 80)} instead of ${status} ${code}`]
}

/**
 * Whether a route belongs to an organization.
 *
 * @example
 * ```ts
 * isInside(route) // true
 * ```
 */
export const isInside = ({ scope }: AttackedRoute): boolean => scope === 'organization'

/**
 * Whether a route reads, and changes nothing.
 *
 * @example
 * ```ts
 * isRead(route) // true
 * ```
 */
export const isRead = ({ method }: AttackedRoute): boolean => method === 'GET' || method === 'HEAD'
