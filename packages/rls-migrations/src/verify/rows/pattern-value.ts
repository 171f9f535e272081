import type { Draw } from './value-maker.ts'

/** How often something is repeated that has no upper bound. */
const MOST_REPEATS = 8

const classes: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z',
  lower: 'a-z',
  upper: 'A-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  xdigit: '0-9a-f',
  space: ' ',
  punct: '.,;:!?-',
}
const escapes: Readonly<Record<string, string>> = { d: '0-9', w: 'a-zA-Z0-9_', s: ' ' }
const printableAscii = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))

/**
 * A text that a regular expression of PostgreSQL matches whole; null for one that needs more than characters, classes,
 * groups, alternatives and repetition.
 */
export function patternValue(pattern: string, draw: Draw): string | null {
  try {
    const maker = new PatternMaker(pattern, draw)
    const text = maker.alternatives()
    return maker.isAtEnd ? text : null
  } catch (error) {
    if (error instanceof UnknownPattern) return null
    throw error
  }
}

class UnknownPattern extends Error {
  override readonly name = 'UnknownPattern'
}

/** Reads the pattern and writes the text in one go: every alternative is read, and one of them is kept. */
class PatternMaker {
  readonly #pattern: string
  readonly #draw: Draw
  #at = 0

  constructor(pattern: string, draw: Draw) {
    this.#pattern = pattern
    this.#draw = draw
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length
  }

  alternatives(): string {
    const texts = [this.#sequence()]
    while (this.#take('|')) texts.push(this.#sequence())
    return texts[this.#draw(texts.length)] as string
  }

  #sequence(): string {
    let text = ''
    while (!this.isAtEnd && !'|)'.includes(this.#peek())) text += this.#repeated()
    return text
  }

  /** An atom is read again for each repetition, so that every one of them draws anew. */
  #repeated(): string {
    const from = this.#at
    const first = this.#atom()
    const times = this.#times()
    const to = this.#at
    let text = times === 0 ? '' : first
    for (let nth = 1; nth < times; nth += 1) {
      this.#at = from
      text += this.#atom()
    }
    this.#at = to
    return text
  }

  #times(): number {
    const [least, most] = this.#bounds()
    // PostgreSQL's lazy quantifiers match the same texts.
    this.#take('?')
    return least + this.#draw(Math.max(1, most - least + 1))
  }

  #bounds(): readonly [number, number] {
    if (this.#take('?')) return [0, 1]
    if (this.#take('*')) return [0, MOST_REPEATS]
    if (this.#take('+')) return [1, MOST_REPEATS]
    const found = /^\{(\d+)(,?)(\d*)\}/.exec(this.#pattern.slice(this.#at))
    if (found === null) return [1, 1]
    const [whole, least = '', comma, most = ''] = found
    this.#at += whole.length
    const from = Number(least)
    if (comma === '') return [from, from]
    return [from, most === '' ? from + MOST_REPEATS : Math.min(Number(most), from + MOST_REPEATS)]
  }

  #atom(): string {
    const character = this.#next()
    switch (character) {
      case '^':
      case '$':
        return ''
      case '.':
        return this.#oneOf(charactersOf('a-z'))
      case '(': {
        if (this.#take('?') && !this.#take(':')) throw new UnknownPattern()
        const text = this.alternatives()
        if (!this.#take(')')) throw new UnknownPattern()
        return text
      }
      case '[':
        return this.#class()
      case '\\':
        return this.#escape()
      default:
        return character
    }
  }

  #escape(): string {
    const character = this.#next()
    const known = escapes[character]
    if (known !== undefined) return this.#oneOf(charactersOf(known))
    if (/[a-zA-Z0-9]/.test(character)) throw new UnknownPattern()
    return character
  }

  #class(): string {
    const isNegated = this.#take('^')
    let members = ''
    while (members === '' || this.#peek() !== ']') members += this.#member()
    this.#next()
    const listed = charactersOf(members)
    return this.#oneOf(isNegated ? printableAscii.filter((one) => one > ' ' && !listed.includes(one)) : listed)
  }

  #member(): string {
    const named = /^\[:(\w+):\]/.exec(this.#pattern.slice(this.#at))
    if (named === null) {
      const character = this.#next()
      return character === '\\' ? (escapes[this.#peek()] ? (escapes[this.#next()] as string) : this.#next()) : character
    }
    this.#at += named[0].length
    const members = classes[named[1] ?? '']
    if (members === undefined) throw new UnknownPattern()
    return members
  }

  #oneOf(characters: readonly string[]): string {
    if (characters.length === 0) throw new UnknownPattern()
    return characters[this.#draw(characters.length)] as string
  }

  #peek(): string {
    if (this.isAtEnd) throw new UnknownPattern()
    return this.#pattern[this.#at] as string
  }

  #next(): string {
    const character = this.#peek()
    this.#at += 1
    return character
  }

  #take(character: string): boolean {
    if (this.#pattern[this.#at] !== character) return false
    this.#at += 1
    return true
  }
}

/** `a-z_` is 27 characters. A hyphen at an end stands for itself. */
function charactersOf(members: string): readonly string[] {
  const found: string[] = []
  for (let at = 0; at < members.length; at += 1) {
    const from = members.charCodeAt(at)
    const isRange = members[at + 1] === '-' && at + 2 < members.length
    const to = isRange ? members.charCodeAt(at + 2) : from
    if (isRange) at += 2
    for (let code = from; code <= to; code += 1) found.push(String.fromCharCode(code))
  }
  return found
}
