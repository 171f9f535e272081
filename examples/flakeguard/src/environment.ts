/**
 * A setting from the environment. Nothing has a default: a service that starts with a well-known secret, or against
 * whichever database happens to answer, is worse than one that doesn't start.
 *
 * @throws Error when it is missing.
 */
export function requireEnvironment(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set.`)
  return value
}

/** @throws Error when the secret is missing or shorter than the 256 bits that HS256 asks for. */
export function requireTokenSecret(): string {
  const secret = requireEnvironment('FLAKEGUARD_TOKEN_SECRET')
  if (Buffer.byteLength(secret) < 32) throw new Error('FLAKEGUARD_TOKEN_SECRET must have at least 32 bytes.')
  return secret
}
