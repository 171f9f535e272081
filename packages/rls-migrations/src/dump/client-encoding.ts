import { isUtf8 } from 'node:buffer'
import { dumpUnsupported } from './dump-error.ts'
import { sqlTokens } from './sql-tokens.ts'

/** How the bytes of a dump become text. */
export interface DumpEncoding {
  /** PostgreSQL's name, as COPY takes it; null while the dump has named none. */
  readonly name: string | null
  /** Null when the bytes are not in this encoding. */
  readonly decode: (bytes: Buffer) => string | null
}

/** Their characters hold ASCII bytes in second place, so quotes and backslashes cannot be told by their bytes. */
const CLIENT_ONLY = new Set([
  'sjis',
  'shiftjis',
  'mskanji',
  'windows932',
  'win932',
  'shiftjis2004',
  'big5',
  'win950',
  'windows950',
  'gbk',
  'win936',
  'windows936',
  'uhc',
  'win949',
  'windows949',
  'gb18030',
  'johab',
])

/** PostgreSQL's names whose decoders Node knows under another name. Latin 1 is read by Buffer, exactly. */
const DECODERS: Readonly<Record<string, string>> = {
  latin2: 'iso-8859-2',
  latin3: 'iso-8859-3',
  latin4: 'iso-8859-4',
  latin5: 'windows-1254',
  latin6: 'iso-8859-10',
  latin7: 'iso-8859-13',
  latin8: 'iso-8859-14',
  latin9: 'iso-8859-15',
  latin10: 'iso-8859-16',
  iso88595: 'iso-8859-5',
  iso88596: 'iso-8859-6',
  iso88597: 'iso-8859-7',
  iso88598: 'iso-8859-8',
  win1250: 'windows-1250',
  win1251: 'windows-1251',
  win: 'windows-1251',
  win1252: 'windows-1252',
  win1253: 'windows-1253',
  win1254: 'windows-1254',
  win1255: 'windows-1255',
  win1256: 'windows-1256',
  win1257: 'windows-1257',
  win1258: 'windows-1258',
  win866: 'ibm866',
  win874: 'windows-874',
  koi8: 'koi8-r',
  koi8r: 'koi8-r',
  koi8u: 'koi8-u',
  eucjp: 'euc-jp',
  euckr: 'euc-kr',
  euccn: 'gbk',
}

/** UTF-8, whatever the dump says: for a dump that is text already. */
export const textEncoding: DumpEncoding = { name: null, decode: (bytes) => bytes.toString('utf8') }

/** UTF-8 where the bytes allow it, else Latin 1: for dumps that do not say, and for those of SQL_ASCII. */
export const unknownEncoding: DumpEncoding = { name: null, decode: decodeUnknown }

/**
 * The encoding that a dump names with SET client_encoding.
 *
 * @throws TenancyError `DUMP_UNSUPPORTED` for an encoding that is not known here, or whose quotes cannot be told by their bytes.
 */
export function dumpEncoding(name: string, line: number): DumpEncoding {
  const key = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (CLIENT_ONLY.has(key))
    throw dumpUnsupported(line, `The dump is written in ${name}. Dump again with --encoding=UTF8.`)
  if (key === 'utf8' || key === 'unicode')
    return { name: 'UTF8', decode: (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : null) }
  if (key === 'sqlascii' || key === 'default') return unknownEncoding
  if (key === 'latin1' || key === 'iso88591') return { name, decode: (bytes) => bytes.toString('latin1') }
  const label = DECODERS[key]
  if (label === undefined)
    throw dumpUnsupported(line, `The encoding ${name} is not known here. Dump again with --encoding=UTF8.`)
  const decoder = new TextDecoder(label)
  return { name, decode: (bytes) => decoder.decode(bytes) }
}

/**
 * Tells COPY the encoding of its data, so that the bytes reach the server as they are while the connection itself stays
 * in UTF-8.
 */
export function copyWithEncoding(text: string, encoding: DumpEncoding): string {
  if (encoding.name === null || encoding.name === 'UTF8') return text
  const option = `ENCODING '${encoding.name.replaceAll("'", "''")}'`
  const tokens = [...sqlTokens(text)]
  if (tokens.some((token) => token.text === 'encoding')) return text
  const stdin = tokens.findIndex((token) => token.text === 'stdin' && token.depth === 0)
  const at = tokens[stdin]?.end ?? text.length
  const after = tokens.slice(stdin + 1, stdin + 3)
  const open = after.find((token) => token.text === '(')
  if (open !== undefined) return `${text.slice(0, open.end)}${option}, ${text.slice(open.end)}`
  if (after[0] === undefined || after[0].text === 'where')
    return `${text.slice(0, at)} WITH (${option})${text.slice(at)}`
  return `${text} ${option}`
}

function decodeUnknown(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}
