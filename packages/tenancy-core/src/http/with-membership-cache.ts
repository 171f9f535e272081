import type { Directory, Membership } from '../directory.ts'
import { TenancyError } from '../tenancy-error.ts'
import { methodsOf } from './methods-of.ts'

/** Options of {@link withMembershipCache}. */
export interface MembershipCacheOptions {
  /**
   * How old an answer may be, in milliseconds, up to 60,000: for so long may somebody go on who was suspended, demoted or
   * removed, on this node.
   */
  readonly stalenessMs: number
  /** How many memberships are kept, the latest used. @defaultValue 10,000, about 5 MB */
  readonly capacity?: number | undefined
}

interface Kept {
  readonly membership: Membership
  readonly until: number
}

const longestMs = 60_000

/**
 * Answers from memory for a while, instead of asking the database at every request. Only memberships are kept: that
 * somebody is none, a key, an installation and a fallback are asked for each time. Nothing invalidates an answer but its
 * age, which counts from before it was asked for.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for a staleness or a capacity that is out of range.
 *
 * @example
 * ```ts
 * const directory = withMembershipCache(organizations, { stalenessMs: 2_000 })
 * ```
 */
export function withMembershipCache(
  directory: Directory,
  { stalenessMs, capacity = 10_000 }: MembershipCacheOptions,
  now: () => number = () => performance.now(),
): Directory {
  const valid = [stalenessMs, capacity].every((number) => Number.isSafeInteger(number) && number > 0)
  if (!valid || stalenessMs > longestMs) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      `stalenessMs of a membership cache is a whole number from 1 to ${longestMs}, and its capacity one above 0.`,
    )
  }
  const kept = new Map<string, Kept>()
  return {
    ...methodsOf(directory),
    findMembership: async (request) => {
      const { organization, userId } = request
      const key = `${organization.length} ${organization}${userId}`
      const at = now()
      const known = kept.get(key)
      kept.delete(key)
      if (known !== undefined && at < known.until) {
        kept.set(key, known)
        return known.membership
      }
      const membership = await directory.findMembership(request)
      if (membership !== undefined) keep(kept, capacity, [key, { membership, until: at + stalenessMs }])
      return membership
    },
  }
}

/** The first of a map is the one that was used longest ago. */
function keep(kept: Map<string, Kept>, capacity: number, [key, entry]: readonly [string, Kept]): void {
  const present = kept.get(key)
  // An answer that was asked for later is the newer one, whichever came last.
  if (present !== undefined && present.until > entry.until) return
  kept.delete(key)
  kept.set(key, entry)
  if (kept.size <= capacity) return
  const [oldest] = kept.keys()
  if (oldest !== undefined) kept.delete(oldest)
}
