import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

/**
 * The keys of an identity provider, from the URL of its JSON Web Key Set. Over HTTP they rotate without a restart: an
 * unknown `kid` makes the set be read again, at most once in `cooldownMs`, so that forged ones do not become a load on the
 * provider. A `file:` is read once.
 */
export async function openTokenKeys(url: string, { cooldownMs = 30_000 } = {}): Promise<JWTVerifyGetKey> {
  const location = new URL(url)
  if (location.protocol === 'file:')
    return createLocalJWKSet(JSON.parse(await readFile(location, 'utf8')) as JSONWebKeySet)
  return createRemoteJWKSet(location, { cooldownDuration: cooldownMs, timeoutDuration: 5_000 })
}
