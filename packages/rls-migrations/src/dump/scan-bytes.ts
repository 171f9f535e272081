const LF = 10
const CR = 13
const DOLLAR = 36
const DOT = 46
const BACKSLASH = 92
const UNDERSCORE = 95

/** What a byte can begin outside of quotes and comments. */
export type ByteClass =
  | 'space'
  | 'comment'
  | 'backslash'
  | 'semicolon'
  | 'word'
  | 'digit'
  | 'dollar'
  | 'quote'
  | 'identifier'
  | 'symbol'

const CHARACTERS: Readonly<Record<string, ByteClass>> = {
  ' ': 'space',
  '\t': 'space',
  '\n': 'space',
  '\v': 'space',
  '\f': 'space',
  '\r': 'space',
  '-': 'comment',
  '/': 'comment',
  '\\': 'backslash',
  ';': 'semicolon',
  $: 'dollar',
  "'": 'quote',
  '"': 'identifier',
}

const CLASSES: readonly ByteClass[] = Array.from({ length: 256 }, (_, byte): ByteClass => {
  if (isWordStart(byte)) return 'word'
  return isDigit(byte) ? 'digit' : (CHARACTERS[String.fromCodePoint(byte)] ?? 'symbol')
})

export function byteClass(byte: number): ByteClass {
  return CLASSES[byte] ?? 'symbol'
}

/** Whether an unquoted word may begin with this byte. Every byte of a non-ASCII character may. */
export function isWordStart(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === UNDERSCORE || byte >= 128
}

export function isWordByte(byte: number): boolean {
  return isWordStart(byte) || isDigit(byte) || byte === DOLLAR
}

/** Letters are taken along, so that `1e'` is not read as the beginning of an escape string. */
export function isNumberByte(byte: number): boolean {
  return isDigit(byte) || isWordStart(byte)
}

/** Whether a byte may stand in the tag of a dollar quote. */
export function isTagByte(byte: number, first: boolean): boolean {
  return isWordStart(byte) || (!first && isDigit(byte))
}

export function countNewlines(bytes: Buffer, from: number, to: number): number {
  let count = 0
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) count += 1
  return count
}

/** How to read a quoted string: its quote byte, whether backslashes escape, and whether more bytes may come. */
export interface QuoteRules {
  readonly quote: number
  readonly escapes: boolean
  readonly ended: boolean
}

/** Reads on in a quoted string. Stops before a byte that only the next chunk can explain. */
export function scanQuoted(
  bytes: Buffer,
  from: number,
  rules: QuoteRules,
): { end: number; newlines: number; complete: boolean } {
  let newlines = 0
  let at = from
  while (at < bytes.length) {
    const byte = bytes[at]
    const special = byte === rules.quote || (rules.escapes && byte === BACKSLASH)
    if (special && at + 1 >= bytes.length && !rules.ended) return { end: at, newlines, complete: false }
    if (byte === LF || (special && byte === BACKSLASH && bytes[at + 1] === LF)) newlines += 1
    if (byte === rules.quote && bytes[at + 1] !== rules.quote) return { end: at + 1, newlines, complete: true }
    at += special ? 2 : 1
  }
  return { end: Math.min(at, bytes.length), newlines, complete: false }
}

/** Whether these first bytes of a line are the end mark of COPY data; `maybe` when more bytes could make it so. */
export function copyEndMarker(bytes: Buffer): 'yes' | 'maybe' | 'no' {
  const [first, second, third] = bytes
  if (first !== BACKSLASH || (second !== undefined && second !== DOT)) return 'no'
  if (second === undefined) return 'maybe'
  if (third === undefined) return 'yes'
  return third === CR && bytes.length === 3 ? 'yes' : 'no'
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}
