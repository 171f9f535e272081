import { jwtVerify, SignJWT } from 'jose'
import { HttpError } from './http-error.ts'

const issuer = 'flakeguard'
const audience = 'flakeguard-api'

/**
 * Signs a token that proves who its bearer is for eight hours. It stands in for the sign-in page that a real service has.
 *
 * @example
 * ```ts
 * const token = await issueDemoToken(user.id, tokenSecret)
 * await fetch(url, { headers: { authorization: `Bearer ${token}` } })
 * ```
 */
export async function issueDemoToken(userId: string, tokenSecret: string): Promise<string> {
  return await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('8h')
    .sign(new TextEncoder().encode(tokenSecret))
}

/**
 * The id of the user to whom a token was issued.
 *
 * @throws HttpError 401 when the token is forged, expired or meant for another service.
 */
export async function verifyDemoToken(token: string, tokenSecret: string): Promise<string> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(tokenSecret), {
      // Without the list a token could choose its own algorithm.
      algorithms: ['HS256'],
      issuer,
      audience,
      requiredClaims: ['sub', 'exp'],
    })
    return payload.sub ?? ''
  } catch (cause) {
    throw new HttpError(401, 'The token is not valid here. Sign in again.', { cause })
  }
}
