import { randomBytes } from 'node:crypto'
import { TenancyError } from '../tenancy-error.ts'

/** A key that tenant tokens are signed with. */
export interface SealKey {
  /** Eight hexadecimal digits: what a token names its key by. */
  readonly id: string
  /** 32 random bytes. Whoever has them can be any tenant. */
  readonly secret: Uint8Array
}

const secretBytes = 32

/** `<id>.<secret>`, the secret in base64url. */
export const sealKeyPattern: RegExp = /^([0-9a-f]{8})\.([A-Za-z0-9_-]{43})$/

/**
 * Draws a new key. The database does not know it yet: `partywall seal rotate` makes one that it does.
 *
 * @example
 * ```ts
 * const { id, secret } = createSealKey()
 * secret.length // 32
 * ```
 */
export function createSealKey(): SealKey {
  return { id: randomBytes(4).toString('hex'), secret: randomBytes(secretBytes) }
}

/**
 * The text of a key, for the environment of a service.
 *
 * @example
 * ```ts
 * const key = createSealKey()
 * writeSealKey(key).startsWith(`${key.id}.`) // true
 * ```
 */
export function writeSealKey({ id, secret }: SealKey): string {
  return `${id}.${Buffer.from(secret).toString('base64url')}`
}

/**
 * Reads the text of a key.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for anything but what `partywall seal rotate` printed.
 *
 * @example
 * ```ts
 * const key = createSealKey()
 * readSealKey(writeSealKey(key)).id === key.id // true
 * readSealKey('a secret') // TenancyError CONFIGURATION_INVALID
 * ```
 */
export function readSealKey(text: string): SealKey {
  const [, id, secret] = sealKeyPattern.exec(text) ?? []
  if (id !== undefined && secret !== undefined) return { id, secret: Buffer.from(secret, 'base64url') }
  throw new TenancyError(
    'CONFIGURATION_INVALID',
    'This is no key of a sealed context. Pass the text that `partywall seal rotate` printed, whole.',
  )
}
