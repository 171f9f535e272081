import type { DumpNoteCode } from './dump-notes.ts'
import { undefinedObject, type AdministratorSequel, type StatementPlan, type Tolerance } from './statement-plan.ts'
import { sqlTokens, type SqlToken } from './sql-tokens.ts'
import { grantPlan, policyPlan } from './statement-roles.ts'

type Rule = readonly [RegExp, (head: Head) => StatementPlan]

interface Head {
  readonly text: string
  /** The first tokens in one spelling: words in lower case, identifiers in quotes, single spaces. */
  readonly words: string
  readonly copiesFromStdin: boolean
}

const HEAD_TOKENS = 10

/** In order: the first that matches decides. Statements that no rule matches are run as the owner. */
const rules: readonly Rule[] = [
  [/^insert\b/, () => ({ action: 'insert' })],
  [/^copy\b/, copy],
  [/^(begin|start transaction)\b/, () => ({ action: 'begin' })],
  [/^rollback( work| transaction)? to\b/, () => ({ action: 'run' })],
  [/^(commit|end|rollback|abort)\b/, () => ({ action: 'end' })],
  [
    /^set (local |session )?(client_encoding|names)\b/,
    ({ text }) => ({ action: 'encoding', name: settingValue(text) }),
  ],
  [
    /^(set|reset) (local |session )?(role|session authorization|session_authorization)\b/,
    () => skip('session-role-not-applied'),
  ],
  [/^set (local |session )?default_tablespace\b/, tablespaceSetting],
  [/^set (constraints|transaction|session characteristics)\b/, () => ({ action: 'run' })],
  [/^(set|reset) /, setting],
  [/^alter default privileges\b/, ({ text }) => grantPlan(text)],
  [/^(grant|revoke)\b/, ({ text }) => grantPlan(text)],
  [/^(create|alter) policy\b/, ({ text }) => policyPlan(text)],
  [/^(create|alter|drop) user mapping\b/, () => skip('foreign-access-skipped')],
  [/^(create|alter|drop|comment on) foreign data wrapper\b/, () => skip('foreign-access-skipped')],
  [/^(create|alter|drop|comment on) database\b/, () => skip('database-skipped')],
  [/^(create|alter|drop|comment on) (role|user|group)\b/, () => skip('role-definition-skipped')],
  [/^(create|alter|drop|comment on) tablespace\b/, () => skip('tablespace-skipped')],
  [/^(create|alter|drop|comment on) subscription\b/, () => skip('subscription-skipped')],
  [/^(reassign|drop) owned\b/, () => skip('owner-not-applied')],
  [/^(alter system|load|checkpoint|security label)\b/, ({ words }) => skip('system-skipped', words.split(' ')[0])],
  [/^alter event trigger .* (enable|disable)\b/, () => skip('event-trigger-disabled')],
  [
    /^(create|drop|comment on) event trigger\b/,
    ({ words }) => administrator(words, words.startsWith('create') ? 'disable-event-trigger' : undefined),
  ],
  [/^create extension\b/, createExtension],
  [/^alter server .* owner to\b/, alter],
  [/^(create|alter|drop|comment on) server\b/, ({ words }) => onExtension(words, 'foreign-access-skipped')],
  [/^comment on extension\b/, ({ words }) => onExtension(words, 'extension-unavailable')],
  // The handler would be a function that the dump names, run by every administrator who calls the language.
  [/^create (or replace )?(trusted |procedural )*language .* handler\b/, () => skip('system-skipped', 'language')],
  [
    /^(create|drop|comment on) (or replace )?(trusted |procedural )*(language|extension|publication)\b/,
    ({ words }) => administrator(words),
  ],
  [
    /^create foreign table\b/,
    () => ({ action: 'run', tolerates: { sqlStates: ['42501', ...undefinedObject], note: 'foreign-access-skipped' } }),
  ],
  [
    /^comment on\b/,
    () => ({
      action: 'run',
      tolerates: { sqlStates: ['42501'], afterOmission: undefinedObject, note: 'comment-skipped' },
    }),
  ],
  [/^create schema\b/, createSchema],
  [/^alter\b/, alter],
  [/^create (unlogged )?table\b/, () => ({ action: 'run', createsTable: true })],
  [/^drop\b/, () => ({ action: 'run', tolerates: { sqlStates: undefinedObject, note: 'nothing-to-drop' } })],
]

/** Decides from its text what to do with a statement. Touches nothing. */
export function classifyStatement(text: string, copiesFromStdin: boolean): StatementPlan {
  const head = { text, words: headWords(text), copiesFromStdin }
  for (const [pattern, plan] of rules) if (pattern.test(head.words)) return plan(head)
  return { action: 'run' }
}

function headWords(text: string): string {
  const words: string[] = []
  for (const token of sqlTokens(text)) {
    words.push(spelled(token))
    if (words.length === HEAD_TOKENS) break
  }
  return words.join(' ')
}

function spelled(token: SqlToken): string {
  if (token.kind === 'quoted') return `"${token.text}"`
  return token.kind === 'string' ? "''" : token.text
}

function skip(note: DumpNoteCode, name?: string): StatementPlan {
  return name === undefined ? { action: 'skip', note } : { action: 'skip', note, name }
}

function copy({ copiesFromStdin }: Head): StatementPlan {
  if (copiesFromStdin) return { action: 'copy' }
  return { action: 'refuse', reason: 'COPY reads from stdin in a dump, never from or to a file, a program or stdout.' }
}

function setting({ text, words }: Head): StatementPlan {
  const name = words.replace(/^(set|reset) (local |session )?/, '').split(/ (?:=|to)/)[0] ?? ''
  // psql would go on after any error of a SET, and so do dumps of newer versions rely on it.
  return {
    action: 'run',
    sql: text,
    tolerates: { sqlStates: ['*'], note: 'setting-skipped', name: name.replaceAll(' ', '') },
  }
}

function tablespaceSetting(head: Head): StatementPlan {
  const value = settingValue(head.text)
  return value === '' || value === 'default' ? setting(head) : skip('tablespace-skipped', value)
}

function settingValue(text: string): string {
  const last = [...sqlTokens(text)].at(-1)
  return last?.kind === 'string' ? last.text.slice(last.text.indexOf("'") + 1, -1) : (last?.text ?? '')
}

function administrator(words: string, sequel?: AdministratorSequel): StatementPlan {
  const plan = { action: 'administrator', name: words.split(' ').slice(0, 5).join(' ') } as const
  return sequel === undefined ? plan : { ...plan, sequel }
}

/** Servers, and comments on extensions, stand on an extension that may have been left out. */
function onExtension(words: string, note: DumpNoteCode): StatementPlan {
  const sequel = words.startsWith('create server') ? 'grant-server' : undefined
  return { ...administrator(words, sequel), tolerates: { sqlStates: undefinedObject, note } } as StatementPlan
}

function createExtension({ words }: Head): StatementPlan {
  const name = /^create extension (?:if not exists )?"?([^" ]+)/.exec(words)?.[1] ?? ''
  return {
    action: 'administrator',
    name,
    tolerates: { sqlStates: ['0A000', '58P01', '22023'], note: 'extension-unavailable', name },
  }
}

/** CREATE SCHEMA ... AUTHORIZATION names an owner; here all belongs to the loading owner. */
function createSchema({ text, words }: Head): StatementPlan {
  const tolerates: Tolerance = {
    sqlStates: ['42P06'],
    note: 'schema-exists',
    name: words.replace(/^create schema (if not exists )?/, '').split(' ')[0] ?? '',
  }
  const tokens = [...sqlTokens(text)]
  const at = tokens.findIndex((token, index) => token.kind === 'word' && token.text === 'authorization' && index >= 2)
  const [word, role] = [tokens[at], tokens[at + 1]]
  if (at < 0 || word === undefined || role === undefined) return { action: 'run', tolerates }
  const named = at !== 2 && !(at === 5 && tokens[2]?.text === 'if')
  const rest = named ? text.slice(role.end) : text.slice(role.start)
  return { action: 'run', sql: `${text.slice(0, word.start)}${rest}`, tolerates }
}

function alter({ text, words }: Head): StatementPlan {
  const tokens = [...sqlTokens(text)].filter((token) => token.depth === 0)
  const end = tokens.slice(-3).map((token) => (token.kind === 'word' ? token.text : '?'))
  if (end[0] === 'owner' && end[1] === 'to' && !tokens.some((token) => token.text === ','))
    return skip('owner-not-applied', tokens.at(-1)?.text ?? '')
  const all = tokens.map((token) => (token.kind === 'word' ? token.text : '?')).join(' ')
  if (/ set tablespace [^ ]+$/.test(all)) return skip('tablespace-skipped', tokens.at(-1)?.text)
  if (/ (enable|disable) trigger (all|\?)$/.test(all))
    return { action: 'run', tolerates: { sqlStates: ['42501'], note: 'trigger-state-skipped' } }
  if (/ drop constraint /.test(all))
    return { action: 'run', tolerates: { sqlStates: undefinedObject, note: 'nothing-to-drop' } }
  if (/^alter (publication|language|procedural language|event trigger) /.test(words)) return administrator(words)
  return { action: 'run' }
}
