import type { ClaimReader } from '../request-claim.ts'

/**
 * Asks readers in order, and takes the first claim. A reader passes on only a request that has nothing of its kind: one
 * with a wrong signature, or from a proxy that is not trusted, is refused there, and no later reader sees it.
 *
 * @example
 * ```ts
 * const claim = firstClaim(
 *   claimFromApiKey(),
 *   claimFromUser({ user: userOf, organization: organizationFromHeader() }),
 * )
 * await claim(request) // { userId: '1', organization: 'acme' }
 * ```
 */
export function firstClaim<Request>(...readers: readonly ClaimReader<Request>[]): ClaimReader<Request> {
  return async (request) => {
    for (const read of readers) {
      // One after another: a later one is not to be asked when an earlier one refuses.
      // oxlint-disable-next-line no-await-in-loop
      const claim = await read(request)
      if (claim !== undefined) return claim
    }
    return undefined
  }
}
