/** What the loader does with a backslash line. Nothing of it is ever executed. */
export type PsqlCommand =
  | { readonly action: 'skip'; readonly name: string }
  /** `null` is the database at hand. */
  | { readonly action: 'connect'; readonly database: string | null }
  | { readonly action: 'encoding'; readonly name: string }
  | { readonly action: 'refuse'; readonly reason: string }

/** They change how psql talks, not what it loads. */
const HARMLESS = new Set(
  'restrict unrestrict echo qecho warn set unset pset timing conninfo encoding x t a f H C errverbose'.split(' '),
)

const REASONS: Readonly<Record<string, string>> = {
  i: 'it reads another file. Put its text into this one',
  ir: 'it reads another file. Put its text into this one',
  include: 'it reads another file. Put its text into this one',
  include_relative: 'it reads another file. Put its text into this one',
  copy: 'it reads a file of the machine. Dump the rows with pg_dump',
  '!': 'it runs a program. Remove it',
  o: 'it writes a file. Remove it',
  out: 'it writes a file. Remove it',
}

/** Decides what a line such as `\connect shop` means for a load. */
export function classifyPsqlCommand(text: string): PsqlCommand {
  const name = /^\\(!|[^\s\\;]*)/.exec(text)?.[1] ?? ''
  const rest = text.slice(name.length + 1)
  if (rest.replaceAll(/'(?:[^'\\]|\\.)*'/g, '').includes('\\'))
    return refuse(name, 'another command follows on its line')
  if (name === 'c' || name === 'connect') return { action: 'connect', database: databaseOf(rest) }
  if (name === 'encoding') return { action: 'encoding', name: rest.trim().replaceAll("'", '') }
  if (HARMLESS.has(name)) return { action: 'skip', name: `\\${name}` }
  return refuse(name, REASONS[name] ?? 'only psql can do it. Remove it, or dump again with pg_dump')
}

function refuse(name: string, reason: string): PsqlCommand {
  return { action: 'refuse', reason: `The psql command \\${name} is not supported: ${reason}.` }
}

function databaseOf(rest: string): string | null {
  const argument = /^\s*(?:-reuse-previous=\S+\s+)?("(?:[^"]|"")*"|\S+)/.exec(rest)?.[1]
  const database = argument?.replace(/;$/, '').replaceAll('"', '') ?? '-'
  return database === '-' || database === '' ? null : database
}
