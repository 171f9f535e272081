/** One lexical element of a statement. Comments and white space leave no token. */
export interface SqlToken {
  /** `word` is an unquoted identifier or keyword, `name` a quoted one; `text` of a word is lower case. */
  readonly kind: 'word' | 'name' | 'string' | 'parameter' | 'number' | 'symbol'
  readonly text: string
}

// Character classes of PostgreSQL's own scanner. Everything above ASCII is a letter to it, no-break space included.
const identifierStart = /[a-z_\u0080-\uffff]/iy
const identifier = /[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*/iy
const number = /\d[\w.]*/iy
const parameter = /\$\d+/y
const dollarTag = /\$(?:[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*)?\$/iy
const blank = /[ \t\n\r\f\v]+/y
const lineComment = /--[^\n\r]*/y

/**
 * Splits a statement as PostgreSQL does, assuming `standard_conforming_strings = on`, the default since 9.1. An
 * unterminated string or comment extends to the end: the server refuses such a statement whatever we make of it.
 *
 * @yields {SqlToken} each token in turn
 */
export function* sqlTokens(sql: string): Generator<SqlToken> {
  let at = 0
  while (at < sql.length) {
    const skipped = skipBlank(sql, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    const { token, end } = readToken(sql, at)
    yield token
    at = end
  }
}

function skipBlank(sql: string, at: number): number {
  if (sql.startsWith('/*', at)) return endOfBlockComment(sql, at)
  return endOf(blank, sql, at) ?? endOf(lineComment, sql, at) ?? at
}

/** Block comments nest in PostgreSQL: ending at the first closing mark would show text to us that the server skips. */
function endOfBlockComment(sql: string, start: number): number {
  let depth = 0
  let at = start
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      depth += 1
      at += 2
    } else if (sql.startsWith('*/', at)) {
      depth -= 1
      at += 2
      if (depth === 0) return at
    } else {
      at += 1
    }
  }
  return at
}

function readToken(sql: string, at: number): { token: SqlToken; end: number } {
  const character = sql.charAt(at)
  if (character === "'") return quoted(sql, at, { kind: 'string', escapes: false })
  if (character === '"') return quoted(sql, at, { kind: 'name', escapes: false })
  if (character === '$') return readDollar(sql, at)
  if (endOf(identifierStart, sql, at) !== undefined) return readWord(sql, at)
  const numberEnd = endOf(number, sql, at)
  if (numberEnd !== undefined) return { token: { kind: 'number', text: sql.slice(at, numberEnd) }, end: numberEnd }
  return { token: { kind: 'symbol', text: character }, end: at + 1 }
}

function readWord(sql: string, at: number): { token: SqlToken; end: number } {
  const end = endOf(identifier, sql, at) ?? at + 1
  const text = sql.slice(at, end).toLowerCase()
  // A prefix belongs to the string only when nothing stands between them.
  if (sql.charAt(end) === "'") {
    if (text === 'e') return quoted(sql, end, { kind: 'string', escapes: true })
    if (text === 'b' || text === 'x' || text === 'n') return quoted(sql, end, { kind: 'string', escapes: false })
  }
  if (text === 'u' && sql.charAt(end) === '&') {
    if (sql.charAt(end + 1) === "'") return quoted(sql, end + 1, { kind: 'string', escapes: false })
    if (sql.charAt(end + 1) === '"') return quoted(sql, end + 1, { kind: 'name', escapes: false })
  }
  return { token: { kind: 'word', text }, end }
}

function readDollar(sql: string, at: number): { token: SqlToken; end: number } {
  const parameterEnd = endOf(parameter, sql, at)
  if (parameterEnd !== undefined) {
    return { token: { kind: 'parameter', text: sql.slice(at, parameterEnd) }, end: parameterEnd }
  }
  const bodyStart = endOf(dollarTag, sql, at)
  if (bodyStart === undefined) return { token: { kind: 'symbol', text: '$' }, end: at + 1 }
  const tag = sql.slice(at, bodyStart)
  const close = sql.indexOf(tag, bodyStart)
  const bodyEnd = close === -1 ? sql.length : close
  return {
    token: { kind: 'string', text: sql.slice(bodyStart, bodyEnd) },
    end: close === -1 ? sql.length : close + tag.length,
  }
}

function quoted(
  sql: string,
  open: number,
  style: { kind: 'string' | 'name'; escapes: boolean },
): { token: SqlToken; end: number } {
  const quote = sql.charAt(open)
  let text = ''
  let at = open + 1
  while (at < sql.length) {
    const character = sql.charAt(at)
    if (style.escapes && character === '\\') {
      text += sql.slice(at, at + 2)
      at += 2
    } else if (character !== quote) {
      text += character
      at += 1
    } else if (sql.charAt(at + 1) === quote) {
      text += quote
      at += 2
    } else {
      return { token: { kind: style.kind, text }, end: at + 1 }
    }
  }
  return { token: { kind: style.kind, text }, end: at }
}

function endOf(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(sql) ? pattern.lastIndex : undefined
}
