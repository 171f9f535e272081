import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Of the 256 values of a byte, the largest multiple of 62: bytes above are drawn again, so that no letter is likelier. */
const fairBytes = 248

/** A text of that many random letters and digits, 5.95 bits each. */
export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < fairBytes && text.length < length) text += alphabet.charAt(byte % alphabet.length)
    }
  }
  return text
}

/** More than 256 random bits. */
export const secretLength = 44

/** Six letters and digits that follow from a text, so that a scanner tells a token from what looks like one. */
export function checksumOf(text: string): string {
  let rest = crc32(text)
  let checksum = ''
  for (let place = 0; place < 6; place += 1) {
    checksum = alphabet.charAt(rest % alphabet.length) + checksum
    rest = Math.floor(rest / alphabet.length)
  }
  return checksum
}

/** What the database keeps of a token. A fast digest is enough: there is nothing to guess in 256 random bits. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
