import type { Catalog } from '../catalog/catalog.ts'
import type { Session } from '../database/session.ts'
import { displayName, sameName, type QualifiedName } from '../sql/identifier.ts'

/** A function of the host, and what it is written in. */
export interface HostFunction extends QualifiedName {
  readonly language: string
  readonly body: string
}

/** What a write to a table sets off: a function that it calls, or the text of a rule. */
export interface TableReaction {
  readonly kind: 'trigger' | 'rule' | 'check' | 'column' | 'index' | 'policy'
  readonly table: QualifiedName
  readonly name: string
  /** Null for a rule. */
  readonly function: QualifiedName | null
  /** What a rule is: when it applies, and what is done then. Null for all others. */
  readonly body: string | null
}

export interface Reactions {
  readonly functions: readonly HostFunction[]
  readonly triggers: readonly TableReaction[]
  /** Tables whose rows take numbers from a sequence. */
  readonly numbered: readonly QualifiedName[]
}

const functionQuery = (version: number): string => `
select n.nspname as schema, p.proname as name, l.lanname as language,
       ${version >= 140000 ? 'coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)' : 'p.prosrc'} as body
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and (p.prorettype = 'trigger'::regtype or not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))`

// Checks, generated columns, indexes and policies call functions of the host with each row, as triggers do.
const triggerQuery = `
select 'trigger' as kind, jsonb_build_object('schema', n.nspname, 'name', c.relname) as "table", t.tgname as name,
       jsonb_build_object('schema', fn.nspname, 'name', f.proname) as function, null as body
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
where not t.tgisinternal and t.tgenabled <> 'D'
union all
select 'rule', jsonb_build_object('schema', n.nspname, 'name', c.relname), r.rulename, null, pg_get_ruledef(r.oid)
from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select called.kind, jsonb_build_object('schema', n.nspname, 'name', c.relname), called.name, jsonb_build_object('schema', fn.nspname, 'name', f.proname), null
from (
  select 'check' as kind, k.conrelid as relation, k.conname as name, d.refobjid as function
  from pg_constraint k join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_proc'::regclass where k.contype = 'c'
  union all
  select 'column', a.attrelid, a.attname, d.refobjid
  from pg_attribute a join pg_attrdef v on v.adrelid = a.attrelid and v.adnum = a.attnum
  join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = v.oid and d.refclassid = 'pg_proc'::regclass where a.attgenerated <> ''
  union all
  select 'index', i.indrelid, x.relname, d.refobjid
  from pg_index i join pg_class x on x.oid = i.indexrelid join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = x.oid and d.refclassid = 'pg_proc'::regclass
  union all
  select 'policy', p.polrelid, p.polname, d.refobjid
  from pg_policy p join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
) called
join pg_class c on c.oid = called.relation join pg_namespace n on n.oid = c.relnamespace
join pg_proc f on f.oid = called.function join pg_namespace fn on fn.oid = f.pronamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

/** Reads what a write to a table of the host sets off. */
export async function readReactions(session: Session, catalog: Catalog): Promise<Reactions> {
  const { rows: functions } = await session.query<HostFunction>(functionQuery(catalog.serverVersion))
  const { rows: triggers } = await session.query<TableReaction>(triggerQuery)
  const numbered = catalog.tables.filter((table) => table.sequences.length > 0)
  return { functions, triggers, numbered }
}

/** What a rollback does not take back, or what others notice before it. */
const outward =
  /\b(notify|pg_notify|listen|dblink\w*|postgres_fdw\w*|http\w*|pg_net|net\.|nextval|setval|pg_advisory\w*|pg_try_advisory\w*|pg_sleep\w*|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_logical\w*|pg_replication\w*|pg_stat_reset\w*|pg_read_\w*file|pg_ls_\w*|lo_\w+|copy\b[^;]*\bprogram)\b/i

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

/** The same of a statement of the host, such as the query of a view or the body of a function. */
export function outwardText(text: string, reactions: Reactions): string | undefined {
  const word = outwardWord(text)
  if (word !== undefined) return `it ${word}`
  return firstOutward(
    functionsIn(text, reactions).map((called) => ({ how: 'it', function: called })),
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
      waiting.push(...reached(ruleText(body ?? ''), { how, seen, reactions }))
      continue
    }
    if (called.schema === 'pg_catalog') continue
    for (const one of reactions.functions.filter((found) => sameName(found, called) && !seen.has(found))) {
      seen.add(one)
      if (one.language !== 'sql' && one.language !== 'plpgsql')
        return `${how} runs ${displayName(one)}, which is written in ${one.language}`
      const word = outwardBody(one.body, reactions)
      if (word !== undefined) return `${how} runs ${displayName(one)}, which ${word}`
      waiting.push(...reached(one.body, { how, seen, reactions }))
    }
  }
  return undefined
}

/** What a body calls by name, and what writes to the tables that it names set off, each reaction once. */
function reached(
  body: string,
  { how, seen, reactions }: { readonly how: string; readonly seen: Set<unknown>; readonly reactions: Reactions },
): readonly Called[] {
  const mentioned = wordsOf(body)
  const triggers = reactions.triggers.filter((one) => mentioned.has(one.table.name) && !seen.has(one))
  for (const trigger of triggers) seen.add(trigger)
  return [...functionsIn(body, reactions).map((other) => ({ how, function: other })), ...triggers.map(byTrigger)]
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

function functionsIn(text: string, { functions }: Reactions): readonly HostFunction[] {
  const mentioned = wordsOf(text)
  return functions.filter((one) => mentioned.has(one.name))
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
