import type { Directory, Membership } from '../directory.ts'
import { TenancyError } from '../tenancy-error.ts'
import { methodsOf } from './methods-of.ts'

/**
 * What is meant by a user who names no organization:
 *
 * - `sole-membership`: the one organization that the user is in, suspended and deleted ones counted as well, so that no
 *   client slips from one organization into another when the first is suspended;
 * - `default-organization`: the one that owns the rows from before the conversion, for its members;
 * - `none`: nothing, the request is refused.
 */
export type FallbackRule = 'sole-membership' | 'default-organization' | 'none'

/** A directory that a fallback can ask: `createOrganizations(tenancy)`. */
export interface FallbackDirectory extends Directory {
  /** All organizations of a user. */
  listMine(userId: string): Promise<readonly Membership[]>
  /** The id of the organization that owns the rows from before the conversion. */
  findDefaultOrganization(): Promise<string | undefined>
}

/** How often requests named no organization, since the directory was made. */
export interface FallbackCounts {
  readonly rule: FallbackRule
  /** Requests that were given an organization. */
  readonly found: number
  /** Requests that were not, and were refused with `ORGANIZATION_REQUIRED`. */
  readonly missed: number
  /** When the last one came; `undefined` when none did. */
  readonly lastAt: Date | undefined
}

/** A directory that knows what old clients mean, and counts them. */
export interface DirectoryWithFallback extends Directory {
  findFallback(userId: string): Promise<Membership | undefined>
  /** For metrics: when `found` no longer grows, the fallback can go. */
  fallbackCounts(): FallbackCounts
}

const rules: readonly FallbackRule[] = ['sole-membership', 'default-organization', 'none']

/**
 * For clients that predate organizations, and name none. A request that names one, and be it an empty text, is never given
 * another. What the fallback finds is asked for as if the request had named it, so that status and permissions are those
 * of the moment.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for another rule.
 *
 * @example
 * ```ts
 * const directory = withFallback(organizations, 'sole-membership')
 * await app.register(partywall, { tenancy, directory, claim })
 * const { found } = directory.fallbackCounts() // { found: 0 }
 * ```
 */
export function withFallback(directory: FallbackDirectory, rule: FallbackRule): DirectoryWithFallback {
  if (!rules.includes(rule)) {
    throw new TenancyError('CONFIGURATION_INVALID', `The fallback is ${rule}. Choose one of ${rules.join(', ')}.`)
  }
  const counts = { rule, found: 0, missed: 0, lastAt: undefined as Date | undefined }
  return {
    ...methodsOf(directory),
    findFallback: async (userId) => {
      counts.lastAt = new Date()
      const organization = await meantBy(directory, rule, userId)
      const membership =
        organization === undefined ? undefined : await directory.findMembership({ organization, userId })
      if (membership === undefined) counts.missed += 1
      else counts.found += 1
      return membership
    },
    fallbackCounts: () => ({ ...counts }),
  }
}

async function meantBy(directory: FallbackDirectory, rule: FallbackRule, userId: string): Promise<string | undefined> {
  if (rule === 'none') return undefined
  if (rule === 'default-organization') return await directory.findDefaultOrganization()
  // Whoever is invited and has not agreed is in no other organization yet.
  const own = (await directory.listMine(userId)).filter(({ membershipStatus }) => membershipStatus !== 'pending')
  return own.length === 1 ? own[0]?.organizationId : undefined
}
