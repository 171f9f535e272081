import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Whether one of the secrets signed the body, by HMAC with SHA-256 over its bytes. As long for a wrong signature as for a
 * right one, and whichever secret it is.
 */
export function isSignedBy(secrets: readonly string[], body: Uint8Array, signature: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1]
  if (given === undefined) return false
  const digest = Buffer.from(given, 'hex')
  let signed = false
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest()
    signed = timingSafeEqual(expected, digest) || signed
  }
  return signed
}
