import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from 'jose'

/** Who signs the tokens, and for whom. */
export interface TokenIssuerOptions {
  readonly issuer: string
  readonly audience: string
  /** Keys from before, the newest last: their private halves. @defaultValue one that is made */
  readonly keys?: readonly JWK[]
}

/** The identity provider that a real service has, in little. */
export interface TokenIssuer {
  /** The public keys of all that were not retired. */
  readonly keySet: JSONWebKeySet
  /** Finds a key as it is published now, for a verifier in the same process. */
  readonly findKey: JWTVerifyGetKey
  /** The private halves, the newest last. */
  readonly keys: readonly JWK[]
  /** Signs with the newest key, or another one. */
  issue(userId: string, options?: { readonly expiresIn?: string; readonly key?: JWK }): Promise<string>
  /** Makes a key, with which is signed from here on. The ones before are still published. */
  rotate(): Promise<void>
  /** Withdraws the oldest key. */
  retire(): void
}

const alg = 'ES256'

export async function createTokenIssuer({ issuer, audience, ...options }: TokenIssuerOptions): Promise<TokenIssuer> {
  const keys: JWK[] = [...(options.keys ?? [])]
  const publicKeys = (): JSONWebKeySet => ({ keys: keys.map(publicHalfOf) })
  const rotate = async (): Promise<void> => void keys.push(await createKey())
  if (keys.length === 0) await rotate()
  return {
    get keySet() {
      return publicKeys()
    },
    findKey: (header, token) => createLocalJWKSet(publicKeys())(header, token),
    keys,
    rotate,
    retire: () => void keys.shift(),
    async issue(userId, { expiresIn = '8h', key = keys.at(-1) } = {}) {
      return await new SignJWT()
        .setProtectedHeader({ alg, kid: key?.kid ?? '' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expiresIn)
        .sign(key as JWK)
    },
  }
}

async function createKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg, use: 'sig', kid: crypto.randomUUID() }
}

function publicHalfOf(key: JWK): JWK {
  const { d: _, ...publicHalf } = key
  return publicHalf
}
