/** The words after CREATE by which psql, too, tells a function that may have a BEGIN ATOMIC body. */
const ROUTINE = /^create (or replace )?(function|procedure)\b/
const CONFORMING =
  /^(?:set\s+(?:session\s+|local\s+)?standard_conforming_strings\s*(?:=|\s+to\s)|select\s+(?:pg_catalog\.)?set_config\(\s*'standard_conforming_strings'\s*,)\s*'?(\w+)/i

/** What is known of a statement from its words and parentheses so far: whether a semicolon ends it. */
export class StatementShape {
  readonly #words: string[] = []
  #lastWord = ''
  #parenDepth = 0
  #atomicDepth = 0
  #copiesFromStdin = false

  /** Rules hold statements in parentheses, SQL functions between BEGIN ATOMIC and END. */
  get semicolonEnds(): boolean {
    return this.#parenDepth === 0 && this.#atomicDepth === 0
  }

  /** Whether data follows the statement. */
  get copiesFromStdin(): boolean {
    return this.#copiesFromStdin
  }

  /** Takes an unquoted word, in lower case. */
  word(word: string): void {
    if (this.#words.length < 4) this.#words.push(word)
    if (this.#parenDepth === 0) {
      if (word === 'stdin' && this.#lastWord === 'from' && this.#words[0] === 'copy') this.#copiesFromStdin = true
      this.#atomicBody(word)
    }
    this.#lastWord = word
  }

  /** Takes anything that is no word. */
  other(character: '(' | ')' | '' = ''): void {
    if (character === '(') this.#parenDepth += 1
    if (character === ')' && this.#parenDepth > 0) this.#parenDepth -= 1
    this.#lastWord = ''
  }

  /** The value that the statement gives to standard_conforming_strings, which changes how later strings are read. */
  conformingStrings(bytes: Buffer): boolean | undefined {
    if (bytes.length > 200 || !(this.#words[0] === 'set' || this.#words[0] === 'select')) return undefined
    const value = CONFORMING.exec(bytes.toString('latin1'))?.[1]?.toLowerCase()
    return value === undefined ? undefined : ['on', 'true', 'yes', '1', 'default'].includes(value)
  }

  /** CASE has an END of its own. */
  #atomicBody(word: string): void {
    if (this.#words[0] !== 'create' || !(word === 'atomic' || word === 'case' || word === 'end')) return
    if (!ROUTINE.test(this.#words.join(' '))) return
    if (word === 'atomic' && this.#lastWord === 'begin') this.#atomicDepth += 1
    else if (word === 'case' && this.#atomicDepth > 0) this.#atomicDepth += 1
    else if (word === 'end' && this.#atomicDepth > 0) this.#atomicDepth -= 1
  }
}
