/** A token of one statement. Words are in lower case, quoted identifiers without their quotes. */
export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
  /** How many parentheses are open around it. */
  readonly depth: number
}

/** As PostgreSQL reads them: only ASCII spaces are spaces, and a carriage return, too, ends a line comment. */
const PATTERNS: readonly (readonly [SqlToken['kind'] | 'space', RegExp])[] = [
  ['space', /[ \t\n\r\f\v]+|--[^\n\r]*/y],
  ['string', /[eE]'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'|(?:[bBxXnN]|[uU]&)?'[^']*(?:''[^']*)*'/y],
  ['string', /(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[^]*?\1/y],
  ['quoted', /"[^"]*(?:""[^"]*)*"/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['number', /\d[\w.]*/y],
]

/**
 * Reads the tokens of one statement, lazily: to know what a statement is, its first words are enough.
 *
 * @yields the tokens in their order, without spaces and comments
 */
export function* sqlTokens(text: string): Generator<SqlToken, undefined> {
  let start = 0
  let depth = 0
  while (start < text.length) {
    const { kind, end } = next(text, start)
    const raw = text.slice(start, end)
    if (raw === ')' && depth > 0) depth -= 1
    if (kind !== 'space') yield { kind, text: spelling(kind, raw), start, end, depth }
    if (raw === '(') depth += 1
    start = end
  }
}

function next(text: string, start: number): { kind: SqlToken['kind'] | 'space'; end: number } {
  if (text.startsWith('/*', start)) return { kind: 'space', end: commentEnd(text, start) }
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = start
    if (pattern.test(text)) return { kind, end: pattern.lastIndex }
  }
  return { kind: 'symbol', end: start + 1 }
}

function commentEnd(text: string, start: number): number {
  const edge = /\/\*|\*\//g
  edge.lastIndex = start
  let depth = 0
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return text.length
}

function spelling(kind: SqlToken['kind'], raw: string): string {
  if (kind === 'word') return raw.toLowerCase()
  if (kind === 'quoted') return raw.slice(1, -1).replaceAll('""', '"')
  return raw
}
