import { errors, jwtVerify, type JWTVerifyGetKey } from 'jose'

/** Gives the user whom a token names, by the host's own id; `undefined` for a token that is not valid. */
export type VerifyToken = (token: string) => Promise<string | undefined>

/** Options of {@link createTokenVerifier}. */
export interface TokenVerifierOptions {
  /** The keys of the identity provider, found by the `kid` of the token. */
  readonly keys: JWTVerifyGetKey
  readonly issuer: string
  /** Who the token is meant for. Without it, a token that was made for another service would open this one. */
  readonly audience: string
}

/**
 * Verifies JSON Web Tokens that an identity provider signs. Only asymmetric algorithms are taken: with `HS256` among them,
 * whoever has the public key could sign; with `none`, everybody. An error that is about the keys and not about the token,
 * such as a key server that does not answer, is thrown.
 */
export function createTokenVerifier({ keys, issuer, audience }: TokenVerifierOptions): VerifyToken {
  const expected = { algorithms: ['ES256', 'RS256'], issuer, audience, requiredClaims: ['sub', 'exp'] }
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, expected)
      return typeof payload.sub === 'string' && payload.sub !== '' ? payload.sub : undefined
    } catch (error) {
      if (isRefusal(error)) return undefined
      throw error
    }
  }
}

const refusals = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
]

function isRefusal(error: unknown): boolean {
  return refusals.some((refusal) => error instanceof refusal)
}
