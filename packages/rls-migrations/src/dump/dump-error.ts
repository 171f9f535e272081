import { TenancyError } from '@partywall/tenancy-core'

const EXCERPT_CHARACTERS = 80

/** The dump asks for something that this loader does not do. */
export function dumpUnsupported(line: number, message: string): TenancyError {
  return new TenancyError('DUMP_UNSUPPORTED', `Line ${line} of the dump: ${message}`, { details: { line } })
}

/** The dump ends in the middle of something. */
export function dumpCutOff(inside: string, line: number): TenancyError {
  const what = inside.startsWith('copy') ? 'COPY data' : `a ${inside.replace('-', ' ')}`
  return new TenancyError(
    'DUMP_UNREADABLE',
    `The dump ends inside ${what} that begins on line ${line}. The file is cut off: dump again.`,
    {
      details: { line },
    },
  )
}

/** The dump says one encoding and holds another. */
export function dumpMisencoded(line: number, encoding: string | null): TenancyError {
  return new TenancyError(
    'DUMP_UNREADABLE',
    `Line ${line} of the dump is not in ${encoding}, its client_encoding. Dump again with --encoding=UTF8.`,
    {
      details: { line, encoding },
    },
  )
}

/** What is known about a statement that the server refused. */
export interface FailedStatement {
  readonly line: number
  readonly text: string
  /** What was left out before and may be the reason. */
  readonly hint?: string | undefined
}

/**
 * The server refused a statement. The server's own error is not kept as the cause: its detail and context fields quote
 * rows of the dump.
 */
export function dumpFailed(error: unknown, failed: FailedStatement): TenancyError {
  const { code, message, where } = serverError(error)
  const line = failed.line + copyLine(where)
  const statement = statementExcerpt(failed.text)
  const hint = failed.hint === undefined ? '' : ` ${failed.hint}`
  return new TenancyError(
    'DUMP_FAILED',
    `Line ${line} of the dump: PostgreSQL refused "${statement}" with ${code}: ${withoutValues(code, message)}.${hint} ` +
      'Correct the dump, or dump the database again, and load it into an empty database.',
    { details: { line, sqlState: code, statement } },
  )
}

/** The SQLSTATE of a server error; undefined for any other error. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string')
    return undefined
  return /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined
}

/** The beginning of a statement, without any value that may come from a row. */
export function statementExcerpt(text: string): string {
  const head = text
    .slice(0, 2000)
    .replaceAll(/\s+/g, ' ')
    .replace(/\b(values|select)\b.*$/is, (match, word: string) => (/^insert/i.test(text) ? `${word} …` : match))
    .replaceAll(/'(?:[^']|'')*(?:'|$)/g, "'…'")
    .replaceAll(/(\$\w*\$).*?(?:\1|$)/g, '$1…$1')
  return head.length > EXCERPT_CHARACTERS ? `${head.slice(0, EXCERPT_CHARACTERS - 1)}…` : head
}

function serverError(error: unknown): { code: string; message: string; where: string } {
  const fields = typeof error === 'object' && error !== null ? error : {}
  return {
    code: sqlStateOf(error) ?? 'no SQLSTATE',
    message: error instanceof Error ? error.message : String(error),
    where: 'where' in fields && typeof fields.where === 'string' ? fields.where : '',
  }
}

/** `COPY t, line 3, column a: "value"`: data line 3 stands three lines below the COPY statement's last line. */
function copyLine(where: string): number {
  return Number(/^COPY .*?, line (\d+)/.exec(where)?.[1] ?? 0)
}

/** Messages of the data exception class quote the offending value, except the one that names an encoding. */
function withoutValues(code: string, message: string): string {
  return code.startsWith('22') && code !== '22021' ? message.replaceAll(/"(?:[^"]|"")*"/g, '"…"') : message
}
