import type { Session } from '../../database/session.ts'
import { columnTypesKey } from './column-type.ts'
import { patternValue } from './pattern-value.ts'
import type { Draw } from './value-maker.ts'

/** What the CHECK constraints of a column, and of its domain, say about single values, as far as it can be read. */
export interface ValueRules {
  readonly choices: readonly string[]
  readonly patterns: readonly string[]
  readonly min: number | null
  readonly max: number | null
  readonly minLength: number | null
  readonly maxLength: number | null
}

/** By `schema.table`, as `columnTypesKey` writes it, and column. */
export type TableRules = ReadonlyMap<string, ReadonlyMap<string, ValueRules>>

// A check of one column is about that column; of a domain it is about VALUE.
const checkQuery = `
with recursive domains as (
  select a.attrelid, a.attname, a.atttypid as type from pg_attribute a where a.attnum > 0 and not a.attisdropped
  union all
  select d.attrelid, d.attname, t.typbasetype from domains d join pg_type t on t.oid = d.type where t.typtype = 'd'
)
select n.nspname as schema, c.relname as name, found.column, jsonb_agg(found.definition) as definitions
from (
  select k.conrelid as relation, a.attname as "column", pg_get_constraintdef(k.oid) as definition
  from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey) where k.contype = 'c'
  union all
  select d.attrelid, d.attname, pg_get_constraintdef(k.oid) from domains d join pg_constraint k on k.contypid = d.type where k.contype = 'c'
) found
join pg_class c on c.oid = found.relation and c.relkind in ('r', 'p') join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1) group by 1, 2, 3`

/** Reads the rules of all columns of the schemas, in one query. */
export async function readValueRules(session: Session, schemas: readonly string[]): Promise<TableRules> {
  const { rows } = await session.query<{ schema: string; name: string; column: string; definitions: string[] }>(
    checkQuery,
    [schemas],
  )
  const rules = new Map<string, Map<string, ValueRules>>()
  for (const { schema, name, column, definitions } of rows) {
    const key = columnTypesKey({ schema, name })
    rules.set(key, (rules.get(key) ?? new Map<string, ValueRules>()).set(column, rulesOf(column, definitions)))
  }
  return rules
}

/** Reads what the server prints of CHECK constraints. What it does not understand it leaves out: the server has the last word. */
export function rulesOf(column: string, definitions: readonly string[]): ValueRules {
  const text = definitions.join(' ')
  const name = `(?:VALUE|"${escape(column.replaceAll('"', '""'))}"|${escape(column)})`
  const subject = String.raw`(?<![\w"])\(*${name}\)*(?:::[a-z][a-z ]*)?\)*`
  const length = String.raw`(?:char_|character_)?length\(${subject}\)`
  return {
    choices: [
      ...matches(text, `${subject} = ANY \\(*ARRAY\\[(.*?)\\]`).flatMap((list) => literalsIn(list)),
      ...matches(text, `${subject} = ('(?:[^']|'')*')`).flatMap((one) => literalsIn(one)),
    ],
    patterns: matches(text, `${subject} ~\\*? ('(?:[^']|'')*')`).flatMap((one) => literalsIn(one)),
    ...boundsOf(text, subject),
    minLength: bound(text, length, 'low'),
    maxLength: bound(text, length, 'high'),
  }
}

function boundsOf(text: string, subject: string): Pick<ValueRules, 'min' | 'max'> {
  return { min: bound(text, subject, 'low'), max: bound(text, subject, 'high') }
}

/** The tightest bound on one side; an open one is taken as the next whole number. */
function bound(text: string, subject: string, side: 'low' | 'high'): number | null {
  const sign = side === 'low' ? 1 : -1
  const [closed, open] = side === 'low' ? ['>=', '>'] : ['<=', '<']
  const number = String.raw`\(*'?(-?\d+(?:\.\d+)?)`
  const found = [
    ...matches(text, `${subject} (?:${closed}|=) ${number}`).map(Number),
    ...matches(text, `${subject} ${open} ${number}`).map((one) => Number(one) + sign),
  ]
  if (found.length === 0) return null
  return side === 'low' ? Math.max(...found) : Math.min(...found)
}

/** A value that the rules allow; null when they say nothing that helps. The first one is always the same for the same draw. */
export function ruledValue(rules: ValueRules | undefined, isNumber: boolean, draw: Draw): string | null {
  if (rules === undefined) return null
  const { choices, patterns, min, max, minLength, maxLength } = rules
  if (choices.length > 0) return choices[draw(choices.length)] as string
  const [pattern] = patterns
  if (pattern !== undefined) return patternValue(pattern, draw)
  if (isNumber) {
    if (min === null && max === null) return null
    const from = Math.ceil(min ?? (max as number) - 1000)
    const to = Math.max(from, Math.floor(max ?? from + 1_000_000))
    return String(from + draw(Math.min(to - from + 1, 2 ** 40)))
  }
  if (minLength === null && maxLength === null) return null
  const length = Math.max(minLength ?? 1, Math.min(maxLength ?? 12, 12))
  return Array.from({ length }, () => String.fromCharCode(97 + draw(26))).join('')
}

/** Whether a value is one that the rules allow, as far as they are understood. */
export function obeysRules(rules: ValueRules | undefined, text: string, isNumber: boolean): boolean {
  if (rules === undefined) return true
  const { choices, patterns, min, max, minLength, maxLength } = rules
  if (choices.length > 0 && !choices.includes(text)) return false
  if (!patterns.every((pattern) => isMatch(pattern, text))) return false
  if (isNumber && (Number(text) < (min ?? -Infinity) || Number(text) > (max ?? Infinity))) return false
  return text.length >= (minLength ?? 0) && text.length <= (maxLength ?? Infinity)
}

/** Most patterns mean the same in JavaScript; of the others the server is the judge. */
function isMatch(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'i').test(text)
  } catch {
    return true
  }
}

function matches(text: string, pattern: string): string[] {
  return [...text.matchAll(new RegExp(pattern, 'g'))].map(([, found = '']) => found)
}

function literalsIn(list: string): string[] {
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"))
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
