import { checksumOf, randomText, secretLength } from './token.ts'

const prefix = 'pwk'
const form = /^pwk_([0-9A-Za-z]{16})_([0-9A-Za-z]{44})([0-9A-Za-z]{6})$/

/** The text of a key: `pwk_`, its id, `_`, a secret of 256 random bits, and a checksum of what stands before. */
export interface ApiKeyText {
  readonly id: string
  readonly text: string
}

/** Draws a key, or another secret for the key of that id. */
export function drawApiKey(id: string = randomText(16)): ApiKeyText {
  const body = `${prefix}_${id}_${randomText(secretLength)}`
  return { id, text: body + checksumOf(body) }
}

/** Whether a text has the form of a key and its checksum: what has not is no key, and no reason to ask the database. */
export function isApiKeyText(text: string): boolean {
  const checksum = form.exec(text)?.[3]
  return checksum !== undefined && checksum === checksumOf(text.slice(0, -checksum.length))
}
