import { singleHeader } from './claim-request.ts'
import type { ClaimRequest } from './claim-request.ts'

/** Checks a token and gives the user that it is about; `undefined` for one that is not valid. */
export type VerifyToken = (token: string) => string | undefined | Promise<string | undefined>

/**
 * The user of an `Authorization: Bearer` token, which the host verifies: for `claimFromUser`. What `verify` throws is for
 * the error handler of the host: a key server that does not answer makes nobody's token invalid.
 *
 * @throws {TenancyError} the reader: `CLAIM_AMBIGUOUS` when the header was sent twice.
 *
 * @example
 * ```ts
 * const user = userFromBearer(async (token) => {
 *   const verified = await jwtVerify(token, keys, { issuer, audience }).catch(unlessUnreachable)
 *   return verified?.payload.sub
 * })
 * ```
 */
export function userFromBearer(
  verify: VerifyToken,
): (request: ClaimRequest) => string | undefined | Promise<string | undefined> {
  return (request) => {
    const token = bearerTokenOf(request)
    return token === undefined ? undefined : verify(token)
  }
}

const form = /^Bearer +([\w.~+/=-]+)$/i

/** The token of the one `Authorization` header, if it is a bearer token. */
export function bearerTokenOf(request: ClaimRequest): string | undefined {
  return form.exec(singleHeader(request, 'authorization') ?? '')?.[1]
}
