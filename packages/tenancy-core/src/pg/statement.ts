import { sqlTokens } from './sql-tokens.ts'
import type { SqlToken } from './sql-tokens.ts'

/** What a statement does to the transaction it runs in. */
export type StatementKind =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'rollback-to'
  | 'savepoint'
  /** Reads no table and must be able to come before the first snapshot of a transaction. */
  | 'neutral'
  | 'deallocate'
  /** Can end the transaction from within: a procedure or a DO block. */
  | 'call'
  | 'work'

/** Why a statement is not sent. */
export interface StatementRefusal {
  readonly code: 'STATEMENT_REFUSED' | 'STATEMENT_UNSUPPORTED'
  readonly reason: string
}

/** What the scope has to know of a statement before sending it. */
export interface Statement {
  readonly kind: StatementKind
  readonly refusal: StatementRefusal | undefined
  /** Reads or writes rows and nothing else: no COPY, no DDL, nothing of the session. */
  readonly plain: boolean
  /** Opens or ends a transaction, in words that are all known. */
  readonly isPlainControl: boolean
}

const transactionKinds: Readonly<Record<string, StatementKind>> = {
  begin: 'begin',
  start: 'begin',
  commit: 'commit',
  end: 'commit',
  rollback: 'rollback',
  abort: 'rollback',
  savepoint: 'savepoint',
  release: 'savepoint',
  lock: 'neutral',
  set: 'neutral',
  deallocate: 'deallocate',
  call: 'call',
  do: 'call',
}

const plainWords = new Set(['select', 'insert', 'update', 'delete', 'merge', 'with', 'values', 'table'])

/** Reads `sql` and decides what it is. `setting` is the tenant setting, which no statement of the caller may touch. */
export function readStatement(sql: string, setting: string): Statement {
  const tokens = [...sqlTokens(sql)]
  while (tokens.at(-1)?.text === ';') tokens.pop()
  return {
    kind: kindOf(tokens),
    refusal: refusalOf(tokens, setting.toLowerCase()),
    plain: plainWords.has(word(tokens[0])),
    isPlainControl: isPlainControl(tokens),
  }
}

/** Whether a statement opens, ends or marks a transaction. */
export function isTransactionControl(kind: StatementKind): boolean {
  return kind !== 'work' && kind !== 'call' && kind !== 'neutral' && kind !== 'deallocate'
}

const mode =
  '(?:isolation level (?:serializable|repeatable read|read committed|read uncommitted)|read (?:only|write)|(?:not )?deferrable)'
const opening = new RegExp(`^(?:begin(?: work| transaction)?|start transaction)(?: ${mode}(?:(?: ,)? ${mode})*)?$`)
const ending = /^(?:commit|end|rollback|abort)(?: work| transaction)?$/

function isPlainControl(tokens: readonly SqlToken[]): boolean {
  if (tokens.length > 12 || !tokens.every((token) => token.kind === 'word' || isSymbol(token, ','))) return false
  const words = tokens.map(({ text }) => text).join(' ')
  return opening.test(words) || ending.test(words)
}

function kindOf(tokens: readonly SqlToken[]): StatementKind {
  const first = word(tokens[0])
  const kind = transactionKinds[first] ?? 'work'
  if (kind !== 'rollback') return kind
  // ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name
  const next = ['work', 'transaction'].includes(word(tokens[1])) ? 2 : 1
  return word(tokens[next]) === 'to' ? 'rollback-to' : 'rollback'
}

function refusalOf(tokens: readonly SqlToken[], setting: string): StatementRefusal | undefined {
  const reason = sessionReason(tokens, setting) ?? temporaryReason(tokens) ?? setConfigReason(tokens, setting)
  if (reason !== undefined) return { code: 'STATEMENT_REFUSED', reason }
  // A body in SQL-standard syntax holds semicolons of its own, and the server takes one statement a message anyway.
  if (word(tokens[0]) !== 'create' && tokens.some((token) => isSymbol(token, ';'))) {
    return { code: 'STATEMENT_UNSUPPORTED', reason: 'several statements in one text' }
  }
  return undefined
}

function sessionReason(tokens: readonly SqlToken[], setting: string): string | undefined {
  const [first = '', second = ''] = tokens.slice(0, 2).map(word)
  switch (first) {
    case 'set':
      return setReason(tokens, setting)
    case 'reset':
      return resetReason(tokens, setting)
    case 'discard':
      return 'DISCARD drops the prepared context of the connection'
    case 'prepare':
      return second === 'transaction' ? 'a prepared transaction outlives its scope' : undefined
    case 'declare':
      return followedBy(tokens, 'with', 'hold') ? 'a cursor WITH HOLD outlives its transaction' : undefined
    case 'alter':
      return ['role', 'user', 'database', 'system'].includes(second) &&
        tokens.some((token) => ['set', 'reset'].includes(word(token)))
        ? 'a default reaches every later connection'
        : undefined
    default:
      return undefined
  }
}

function setReason(tokens: readonly SqlToken[], setting: string): string | undefined {
  const start = ['session', 'local'].includes(word(tokens[1])) ? 2 : 1
  if (word(tokens[start]) === 'authorization' || word(tokens[start + 1]) === 'authorization') {
    return 'the session authorization is not for the caller to change'
  }
  const name = settingName(tokens, start)
  if (name === 'role' || name === 'session_authorization') return 'the role is not for the caller to change'
  // Off, it makes every statement of the next tenants on the connection fail.
  if (name === 'row_security') return 'row_security is not for the caller to change'
  return name === setting ? 'the tenant setting is not for the caller to change' : undefined
}

function resetReason(tokens: readonly SqlToken[], setting: string): string | undefined {
  const name = settingName(tokens, 1)
  if (name === 'all') return 'RESET ALL drops the tenant of the transaction'
  if (name === 'role' || name === 'session' || name === 'session_authorization') {
    return 'the role is not for the caller to change'
  }
  return name === setting ? 'the tenant setting is not for the caller to change' : undefined
}

/** `CREATE TEMP` and `SELECT INTO TEMP`: the next tenant on this connection would read the rows of this one. */
function temporaryReason(tokens: readonly SqlToken[]): string | undefined {
  const created = word(tokens[0]) === 'create' && isTemporary(tokens.slice(1).find((token) => !isModifier(token)))
  const selected = tokens.some(
    (token, index) =>
      word(token) === 'into' &&
      !['insert', 'merge'].includes(word(tokens[index - 1])) &&
      tokens.slice(index + 1, index + 3).some(isTemporary),
  )
  // The schema says it as well as the word does, and for functions and types too.
  if (word(tokens[0]) === 'create' && tokens.some(isTemporarySchema)) return 'an object in pg_temp outlives its scope'
  if ((!created && !selected) || followedBy(tokens, 'on', 'commit', 'drop')) return undefined
  return 'a temporary object outlives its scope unless ON COMMIT DROP'
}

function isModifier(token: SqlToken): boolean {
  return ['or', 'replace', 'global', 'local'].includes(word(token))
}

function isTemporarySchema(token: SqlToken): boolean {
  return (token.kind === 'word' || token.kind === 'name') && token.text.toLowerCase() === 'pg_temp'
}

function isTemporary(token: SqlToken | undefined): boolean {
  return word(token) === 'temp' || word(token) === 'temporary'
}

/** A call of `set_config` whose first argument is anything but a plain literal may name the tenant setting. */
function setConfigReason(tokens: readonly SqlToken[], setting: string): string | undefined {
  for (const [index, token] of tokens.entries()) {
    const named = (token.kind === 'word' || token.kind === 'name') && token.text === 'set_config'
    if (!named || !isSymbol(tokens[index + 1], '(')) continue
    const first = tokens[index + 2]
    const literal = first?.kind === 'string' && isSymbol(tokens[index + 3], ',') && !first.text.includes('\\')
    if (!literal) return 'set_config with a computed name may change the tenant'
    if ([setting, 'role', 'session_authorization'].includes(first.text.toLowerCase())) {
      return `set_config of ${first.text.toLowerCase()} is not for the caller`
    }
  }
  return undefined
}

/** A setting's name from its parts: `app . current_tenant_id`, quoted or not. Names of settings ignore case. */
function settingName(tokens: readonly SqlToken[], start: number): string {
  let name = ''
  for (const token of tokens.slice(start)) {
    const part = token.kind === 'word' || token.kind === 'name' || isSymbol(token, '.')
    if (!part || (name !== '' && !name.endsWith('.') && token.text !== '.')) break
    name += token.text.toLowerCase()
  }
  return name
}

function followedBy(tokens: readonly SqlToken[], ...words: readonly string[]): boolean {
  return tokens.some((_, index) => words.every((text, offset) => word(tokens[index + offset]) === text))
}

function word(token: SqlToken | undefined): string {
  return token?.kind === 'word' ? token.text : ''
}

function isSymbol(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text
}
