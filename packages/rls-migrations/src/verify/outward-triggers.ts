import { displayName, quoteIdentifier, sameName, type QualifiedName } from '../sql/identifier.ts'
import type { HostFunction, Reactions, TableReaction } from './read-reactions.ts'

/** What a rollback does not take back, or what others notice before it. */
const outward =
  /\b(notify|pg_notify|listen|dblink\w*|postgres_fdw\w*|http\w*|pg_net|net\.|nextval|setval|pg_advisory\w*|pg_try_advisory\w*|pg_sleep\w*|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_logical\w*|pg_replication\w*|pg_stat_reset\w*|pg_read_\w*file|pg_ls_\w*|lo_\w+|copy\b[^;]*\bprogram|(?:re)?set\s+(?:local\s+|session\s+)?(?:role|session\s+authorization))\b/i

/** Definitions are rolled back too, and lock everybody out until then. */
const definition =
  /\b(?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|unlogged|unique|materialized|foreign|event)\s+)*(?:table|index|view|function|procedure|trigger|schema|role|user|database|sequence|type|domain|policy|extension|rule|server|publication|subscription|owned)\b|\btruncate\s|\block\s+table\b|\b(?:grant|revoke)\s+\w+/i

/** A statement that is put together as it runs may be any. One that is written out is read like the rest of the body. */
const dynamic = /\bexecute\b(?!\s+(?:function|procedure)\b)(?!\s+'(?:[^']|'')*'\s*(?:;|into\b|using\b))/i

/** A function that is to be looked at, and the words for how it came to be called. */
interface Called {
  readonly how: string
  readonly function: QualifiedName | null
  /** Of a rule. */
  readonly body?: string | null
}

/**
 * Why a row written to the table would be felt outside of its transaction; undefined when it would not. Functions are
 * followed by the names in their bodies: in doubt a table is not attacked.
 */
export function outwardReason(table: QualifiedName, reactions: Reactions): string | undefined {
  return firstOutward(triggersOf(table, reactions).map(byTrigger), reactions)
}

/** Whether a rule stands in the way of DELETE: whoever needs a row gone has to do it in another way. */
export function keepsRows(table: QualifiedName, reactions: Reactions): boolean {
  return triggersOf(table, reactions).some(
    ({ kind, body }) => kind === 'rule' && /^\s*on\s+delete\s/i.test(ruleText(body ?? '')),
  )
}

/** The words of everything that a row of the table sets off, among them the tables that it may touch. */
export function wordsSetOff(table: QualifiedName, reactions: Reactions): ReadonlySet<string> {
  const seen = new Set<HostFunction>()
  const texts: string[] = []
  const waiting: HostFunction[] = []
  for (const { kind, function: called, body } of triggersOf(table, reactions)) {
    if (kind !== 'trigger' && kind !== 'rule') continue
    if (called !== null) waiting.push(...reactions.functions.filter((one) => sameName(one, called)))
    if (body === null) continue
    texts.push(ruleText(body))
    waiting.push(...functionsIn(ruleText(body), reactions, null))
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    texts.push(next.body)
    waiting.push(...functionsIn(next.body, reactions, next.path))
  }
  return new Set(texts.flatMap((text) => [...wordsOf(text)]))
}

/** The same of a statement of the host, such as the query of a view or the body of a function. */
export function outwardText(text: string, reactions: Reactions, path: string | null = ''): string | undefined {
  const word = outwardWord(text)
  if (word !== undefined) return `it ${word}`
  return firstOutward(
    functionsIn(text, reactions, path).map((called) => ({ how: 'it', function: called })),
    reactions,
  )
}

function firstOutward(start: readonly Called[], reactions: Reactions): string | undefined {
  const seen = new Set<unknown>()
  const waiting = [...start]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { how, function: called, body } = next
    if (called === null) {
      const word = outwardBody(ruleText(body ?? ''), reactions)
      if (word !== undefined) return `${how} ${word}`
      waiting.push(...reached(ruleText(body ?? ''), { how, path: null, seen, reactions }))
      continue
    }
    if (called.schema === 'pg_catalog') continue
    for (const one of reactions.functions.filter((found) => sameName(found, called) && !seen.has(found))) {
      seen.add(one)
      if (one.language !== 'sql' && one.language !== 'plpgsql')
        return `${how} runs ${displayName(one)}, which is written in ${one.language}`
      const word = outwardBody(one.body, reactions)
      if (word !== undefined) return `${how} runs ${displayName(one)}, which ${word}`
      waiting.push(...reached(one.body, { how, path: one.path, seen, reactions }))
    }
  }
  return undefined
}

/** What a body calls by name, and what writes to the tables that it names set off, each reaction once. */
function reached(
  body: string,
  {
    how,
    path,
    seen,
    reactions,
  }: { readonly how: string; readonly path: string | null; readonly seen: Set<unknown>; readonly reactions: Reactions },
): readonly Called[] {
  const mentioned = wordsOf(body)
  const triggers = reactions.triggers.filter((one) => mentioned.has(one.table.name) && !seen.has(one))
  for (const trigger of triggers) seen.add(trigger)
  return [...functionsIn(body, reactions, path).map((other) => ({ how, function: other })), ...triggers.map(byTrigger)]
}

/** The definition of a rule without its head, which would read like a definition that it makes. */
function ruleText(text: string): string {
  return text.replace(/^\s*create\s+rule\s+(?:"(?:[^"]|"")+"|\S+)\s+as\s/i, '')
}

function outwardBody(body: string, reactions: Reactions): string | undefined {
  return outwardWord(body) ?? numberedWrite(body, reactions)
}

function outwardWord(body: string): string | undefined {
  const word = (outward.exec(body) ?? definition.exec(body))?.[0]
  if (word !== undefined) return `mentions ${word.split(/\s/)[0]}`
  return dynamic.test(body) ? 'puts statements together as it runs' : undefined
}

function numberedWrite(body: string, { numbered }: Reactions): string | undefined {
  const mentioned = wordsOf(body)
  const table = numbered.find((other) => mentioned.has(other.name) && /\binsert\b/i.test(body))
  return table === undefined ? undefined : `writes to ${displayName(table)} and its sequence`
}

/**
 * By their names, and by the operators that they are behind, whichever types these are for. A text that has a path of its
 * own means what is there, or what it names with the schema; what the server prints of a view or a rule names every schema.
 */
function functionsIn(text: string, { functions, operators }: Reactions, path: string | null): readonly HostFunction[] {
  const mentioned = wordsOf(text)
  const inPath = path === null ? null : wordsOf(path)
  const isInReach = (schema: string): boolean => inPath === null || inPath.has(schema)
  const used = operators
    .filter(
      ({ schema, symbol }) =>
        (isInReach(schema) && text.includes(symbol)) || text.includes(`OPERATOR(${printed(schema)}.${symbol})`),
    )
    .map((one) => one.function)
  return functions.filter(
    (one) =>
      (mentioned.has(one.name) && (isInReach(one.schema) || mentioned.has(one.schema))) ||
      used.some((name) => sameName(name, one)),
  )
}

/** As the server prints a name. */
function printed(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteIdentifier(name)
}

function byTrigger(trigger: TableReaction): Called {
  const where = `${displayName(trigger.table)}.${trigger.name}`
  return { how: `the ${trigger.kind} ${where}`, function: trigger.function, body: trigger.body }
}

function triggersOf(table: QualifiedName, { triggers }: Reactions): readonly TableReaction[] {
  return triggers.filter((one) => sameName(one.table, table))
}

function wordsOf(body: string): Set<string> {
  return new Set(
    (body.match(/"(?:[^"]|"")+"|\w+/g) ?? []).flatMap((word) =>
      word.startsWith('"') ? [word.slice(1, -1).replaceAll('""', '"')] : [word, word.toLowerCase()],
    ),
  )
}
