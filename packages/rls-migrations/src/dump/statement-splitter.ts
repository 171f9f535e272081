import { dumpCutOff, dumpUnsupported } from './dump-error.ts'
import {
  byteClass,
  type ByteClass,
  copyEndMarker,
  countNewlines,
  isNumberByte,
  isTagByte,
  isWordByte,
  scanQuoted,
} from './scan-bytes.ts'
import { StatementShape } from './statement-shape.ts'

/** One piece of a dump, in order. `line` counts from 1 and is where the piece begins. */
export type DumpPiece =
  | { readonly kind: 'statement'; readonly bytes: Buffer; readonly line: number; readonly copiesFromStdin: boolean }
  | { readonly kind: 'copy-data'; readonly bytes: Buffer }
  | { readonly kind: 'copy-end' }
  | { readonly kind: 'psql-command'; readonly text: string; readonly line: number; readonly insideStatement: boolean }

type State = 'code' | 'line-comment' | 'block-comment' | 'quote' | 'identifier' | 'dollar' | 'copy-gap' | 'copy-data'

const LF = 10
const CR = 13
const DOUBLE_QUOTE = 34
const QUOTE = 39
const OPEN = 40
const CLOSE = 41
const ASTERISK = 42
const MINUS = 45
const SLASH = 47
const DOLLAR = 36

/** A statement is held in memory whole, and a JavaScript string cannot be much longer. */
const MAX_STATEMENT_BYTES = 256 * 1024 * 1024

/**
 * Cuts a dump into statements, psql commands and COPY data, as psql does, from chunks cut anywhere. Works on bytes:
 * every encoding that PostgreSQL servers store keeps ASCII bytes for ASCII characters, so nothing is decoded here.
 */
export class StatementSplitter {
  #state: State = 'code'
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #ended = false
  #line = 1
  #pieces: DumpPiece[] = []
  /** Where the current statement begins in the buffer; -1 between statements. */
  #from = -1
  #held: Buffer[] = []
  #heldBytes = 0
  #startLine = 1
  #tokenLine = 1
  #shape = new StatementShape()
  #commentDepth = 0
  #conforming = true
  #escapes = false
  /** After E'...': a string on a later line continues it, with its escapes. */
  #continuation: 'none' | 'same-line' | 'later-line' = 'none'
  #dollarTag: Buffer = Buffer.alloc(0)
  #atLineStart = true
  /** What to do with a byte outside of quotes and comments. */
  readonly #beginnings: Readonly<Record<ByteClass, (byte: number) => boolean>> = {
    space: (byte) => this.#space(byte),
    comment: (byte) => this.#maybeComment(byte),
    backslash: () => this.#psqlCommand(),
    semicolon: () => this.#semicolon(),
    word: () => this.#word(),
    digit: () => this.#number(),
    dollar: () => this.#maybeDollarQuote(),
    quote: () => this.#enter('quote', this.#continuation === 'later-line' || !this.#conforming),
    identifier: () => this.#enter('identifier'),
    symbol: (byte) => this.#symbol(byte),
  }
  /** Each moves on and says true, or says false when the bytes at hand do not suffice. */
  readonly #readers: Readonly<Record<State, () => boolean>> = {
    code: () => this.#code(),
    'line-comment': () => this.#lineComment(),
    'block-comment': () => this.#blockComment(),
    quote: () => this.#quoted(QUOTE),
    identifier: () => this.#quoted(DOUBLE_QUOTE),
    dollar: () => this.#dollar(),
    'copy-gap': () => this.#copyGap(),
    'copy-data': () => this.#copyData(),
  }

  /**
   * Takes the next bytes and returns the pieces that they complete.
   *
   * @throws TenancyError `DUMP_UNSUPPORTED` for SQL on the line of a COPY ... FROM stdin, and for a statement over 256 MB.
   */
  push(chunk: Buffer): DumpPiece[] {
    const rest = this.#buffer.subarray(this.#at)
    this.#buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    this.#at = 0
    return this.#run()
  }

  /**
   * Says that there are no more bytes. A last statement needs no semicolon.
   *
   * @throws TenancyError `DUMP_UNREADABLE` when the dump ends inside a quote, a comment or COPY data.
   */
  end(): DumpPiece[] {
    this.#ended = true
    const pieces = this.push(Buffer.alloc(0))
    this.#pieces = pieces
    if (this.#state !== 'code' && this.#state !== 'line-comment') throw dumpCutOff(this.#state, this.#tokenLine)
    if (this.#from < 0) return pieces
    // All of it is held already.
    this.#from = -1
    this.#emitStatement(this.#at)
    return pieces
  }

  #run(): DumpPiece[] {
    this.#pieces = []
    // A step that needs bytes of the next chunk to decide does not move, and these bytes are seen again.
    while (this.#at < this.#buffer.length && this.#readers[this.#state]());
    if (this.#from >= 0) {
      this.#hold(this.#buffer.subarray(this.#from, this.#at))
      // The next push moves the rest of the buffer to its beginning.
      this.#from = 0
    }
    return this.#pieces
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes > MAX_STATEMENT_BYTES)
      throw dumpUnsupported(
        this.#startLine,
        'The statement is longer than 256 MB. Dump the table with COPY (the default of pg_dump) instead of INSERT.',
      )
  }

  #code(): boolean {
    const byte = this.#buffer[this.#at] ?? 0
    return this.#beginnings[byteClass(byte)](byte)
  }

  #space(byte: number): boolean {
    if (byte === LF) {
      this.#line += 1
      if (this.#continuation === 'same-line') this.#continuation = 'later-line'
    }
    this.#at += 1
    return true
  }

  #symbol(byte = 0): boolean {
    this.#begin()
    this.#shape.other(byte === OPEN ? '(' : byte === CLOSE ? ')' : '')
    this.#continuation = 'none'
    this.#at += 1
    return true
  }

  /** Marks where the statement begins, at its first byte that is neither space nor comment. */
  #begin(): void {
    if (this.#from >= 0) return
    this.#from = this.#at
    this.#startLine = this.#line
  }

  #enter(state: State, escapes = false): boolean {
    this.#begin()
    this.#shape.other()
    this.#continuation = 'none'
    this.#state = state
    this.#escapes = escapes
    this.#tokenLine = this.#line
    this.#at += 1
    return true
  }

  #lookahead(length: number): boolean {
    return this.#at + length <= this.#buffer.length || this.#ended
  }

  #maybeComment(byte: number): boolean {
    if (!this.#lookahead(2)) return false
    const next = this.#buffer[this.#at + 1]
    if (byte === MINUS && next === MINUS) {
      this.#state = 'line-comment'
      this.#at += 2
      return true
    }
    if (byte === SLASH && next === ASTERISK) {
      this.#state = 'block-comment'
      this.#commentDepth = 1
      this.#tokenLine = this.#line
      this.#at += 2
      return true
    }
    return this.#symbol(byte)
  }

  /** A carriage return, too, ends it on the server. */
  #lineComment(): boolean {
    let end = this.#at
    while (end < this.#buffer.length && this.#buffer[end] !== LF && this.#buffer[end] !== CR) end += 1
    this.#at = end
    if (end < this.#buffer.length) this.#state = 'code'
    return true
  }

  #blockComment(): boolean {
    const byte = this.#buffer[this.#at]
    if (byte === ASTERISK || byte === SLASH) {
      if (!this.#lookahead(2)) return false
      const next = this.#buffer[this.#at + 1]
      if (next === (byte === SLASH ? ASTERISK : SLASH)) {
        this.#commentDepth += byte === SLASH ? 1 : -1
        this.#at += 2
        if (this.#commentDepth === 0) this.#state = 'code'
        return true
      }
    }
    if (byte === LF) this.#line += 1
    this.#at += 1
    return true
  }

  #quoted(quote: number): boolean {
    const rules = { quote, escapes: this.#escapes, ended: this.#ended }
    const { end, newlines, complete } = scanQuoted(this.#buffer, this.#at, rules)
    const moved = end > this.#at
    this.#line += newlines
    this.#at = end
    if (complete) {
      this.#state = 'code'
      this.#continuation = this.#escapes ? 'same-line' : 'none'
    }
    return moved
  }

  #maybeDollarQuote(): boolean {
    let end = this.#at + 1
    while (end < this.#buffer.length && isTagByte(this.#buffer[end] ?? 0, end === this.#at + 1)) end += 1
    if (end >= this.#buffer.length && !this.#ended) return false
    this.#begin()
    this.#shape.other()
    this.#continuation = 'none'
    if (this.#buffer[end] !== DOLLAR) {
      this.#at = Math.max(end, this.#at + 1)
      return true
    }
    this.#dollarTag = Buffer.from(this.#buffer.subarray(this.#at, end + 1))
    this.#state = 'dollar'
    this.#tokenLine = this.#line
    this.#at = end + 1
    return true
  }

  #dollar(): boolean {
    const found = this.#buffer.indexOf(this.#dollarTag, this.#at)
    // Without a match the tag may still begin in the last bytes.
    const end = found < 0 ? Math.max(this.#at, this.#buffer.length - this.#dollarTag.length + 1) : found
    this.#line += countNewlines(this.#buffer, this.#at, end)
    const moved = found >= 0 || end > this.#at
    this.#at = end
    if (found >= 0) {
      this.#at += this.#dollarTag.length
      this.#state = 'code'
    }
    return moved
  }

  #number(): boolean {
    let end = this.#at
    while (end < this.#buffer.length && isNumberByte(this.#buffer[end] ?? 0)) end += 1
    if (end >= this.#buffer.length && !this.#ended) return false
    this.#begin()
    this.#continuation = 'none'
    this.#shape.other()
    this.#at = end
    return true
  }

  #word(): boolean {
    let end = this.#at
    while (end < this.#buffer.length && isWordByte(this.#buffer[end] ?? 0)) end += 1
    if (end >= this.#buffer.length && !this.#ended) return false
    this.#begin()
    this.#continuation = 'none'
    const word = this.#buffer.toString('latin1', this.#at, Math.min(end, this.#at + 32)).toLowerCase()
    this.#at = end
    if (word === 'e' && this.#buffer[end] === QUOTE) return this.#enter('quote', true)
    this.#shape.word(word)
    return true
  }

  #semicolon(): boolean {
    this.#continuation = 'none'
    if (!this.#shape.semicolonEnds) return this.#symbol()
    if (this.#from >= 0) this.#emitStatement(this.#at)
    this.#at += 1
    return true
  }

  #emitStatement(end: number): void {
    if (this.#from >= 0) this.#hold(this.#buffer.subarray(this.#from, end))
    const bytes = this.#held.length === 1 ? (this.#held[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#held)
    const { copiesFromStdin } = this.#shape
    this.#pieces.push({ kind: 'statement', bytes, line: this.#startLine, copiesFromStdin })
    this.#conforming = this.#shape.conformingStrings(bytes) ?? this.#conforming
    this.#shape = new StatementShape()
    this.#held = []
    this.#heldBytes = 0
    this.#from = -1
    if (copiesFromStdin) this.#state = 'copy-gap'
  }

  #psqlCommand(): boolean {
    const end = this.#buffer.indexOf(LF, this.#at)
    if (end < 0 && !this.#ended) return false
    const stop = end < 0 ? this.#buffer.length : end
    const text = this.#buffer.toString('utf8', this.#at, stop).trimEnd()
    this.#pieces.push({ kind: 'psql-command', text, line: this.#line, insideStatement: this.#from >= 0 })
    this.#at = stop
    return true
  }

  /** psql reads COPY data from the next line on. */
  #copyGap(): boolean {
    const end = this.#buffer.indexOf(LF, this.#at)
    if (end < 0 && !this.#ended) return false
    const stop = end < 0 ? this.#buffer.length : end
    const gap = this.#buffer.toString('latin1', this.#at, stop).trim()
    if (gap !== '')
      throw dumpUnsupported(
        this.#line,
        'More SQL stands on the line of a COPY ... FROM stdin. Put it on a line of its own.',
      )
    this.#at = end < 0 ? stop : end + 1
    this.#line += 1
    this.#tokenLine = this.#startLine
    this.#state = 'copy-data'
    this.#atLineStart = true
    return true
  }

  #copyData(): boolean {
    const from = this.#at
    let position = from
    while (position < this.#buffer.length) {
      const end = this.#buffer.indexOf(LF, position)
      const lineEnd = end < 0 ? this.#buffer.length : end
      const marker = this.#atLineStart
        ? copyEndMarker(this.#buffer.subarray(position, Math.min(lineEnd, position + 4)))
        : 'no'
      if (marker === 'yes' && (end >= 0 || this.#ended)) return this.#finishCopy({ from, to: position, next: lineEnd })
      if (marker !== 'no' && end < 0) break
      this.#atLineStart = end >= 0
      if (end >= 0) this.#line += 1
      position = end < 0 ? this.#buffer.length : end + 1
    }
    if (position > from) this.#pieces.push({ kind: 'copy-data', bytes: this.#buffer.subarray(from, position) })
    this.#at = position
    return position > from
  }

  #finishCopy(span: { from: number; to: number; next: number }): boolean {
    if (span.to > span.from) this.#pieces.push({ kind: 'copy-data', bytes: this.#buffer.subarray(span.from, span.to) })
    this.#pieces.push({ kind: 'copy-end' })
    this.#at = span.next
    this.#state = 'code'
    return true
  }
}
