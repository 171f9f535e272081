import type { Catalog } from '../catalog/catalog.ts'
import type { Session } from '../database/session.ts'
import { displayName, type QualifiedName } from '../sql/identifier.ts'

/** A function of the host, and what it is written in. */
export interface HostFunction extends QualifiedName {
  readonly language: string
  readonly body: string
}

/** A trigger or rule on a table, and the function that it calls; null for a rule. */
export interface TableReaction {
  readonly table: QualifiedName
  readonly name: string
  readonly function: QualifiedName | null
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

const triggerQuery = `
select jsonb_build_object('schema', n.nspname, 'name', c.relname) as "table", t.tgname as name,
       jsonb_build_object('schema', fn.nspname, 'name', f.proname) as function
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
where not t.tgisinternal and t.tgenabled <> 'D'
union all
select jsonb_build_object('schema', n.nspname, 'name', c.relname), r.rulename, null
from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

/** Reads what a write to a table of the host sets off. */
export async function readReactions(session: Session, catalog: Catalog): Promise<Reactions> {
  const { rows: functions } = await session.query<HostFunction>(functionQuery(catalog.serverVersion))
  const { rows: triggers } = await session.query<TableReaction>(triggerQuery)
  const numbered = catalog.tables.filter((table) => table.sequences.length > 0)
  return { functions, triggers, numbered }
}

/** What a rollback does not take back, or what others notice before it. */
const outward =
  /\b(notify|pg_notify|listen|dblink\w*|http\w*|pg_net|net\.|nextval|setval|pg_advisory\w*|pg_sleep\w*|lo_\w+|copy\b[^;]*\bprogram)\b/i

/**
 * Why a row written to the table would be felt outside of its transaction; undefined when it would not. Functions are
 * followed by the names in their bodies: in doubt a table is not attacked.
 */
export function outwardReason(table: QualifiedName, reactions: Reactions): string | undefined {
  const seen = new Set<unknown>()
  const waiting: { readonly trigger: TableReaction; readonly called: QualifiedName | null }[] = triggersOf(
    table,
    reactions,
  )
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { trigger, called } = next
    const where = `${displayName(trigger.table)}.${trigger.name}`
    if (called === null) return `the rule ${where} rewrites what is written`
    if (called.schema === 'pg_catalog') continue
    const functions = reactions.functions.filter((one) => one.name === called.name && one.schema === called.schema)
    for (const one of functions.filter((found) => !seen.has(found))) {
      seen.add(one)
      if (one.language !== 'sql' && one.language !== 'plpgsql')
        return `the trigger ${where} runs ${displayName(one)}, which is written in ${one.language}`
      const word = outward.exec(one.body)?.[0]
      if (word !== undefined)
        return `the trigger ${where} runs ${displayName(one)}, which mentions ${word.split(/\s/)[0]}`
      const mentioned = wordsOf(one.body)
      const numbered = reactions.numbered.find((other) => mentioned.has(other.name) && /\binsert\b/i.test(one.body))
      if (numbered !== undefined)
        return `the trigger ${where} runs ${displayName(one)}, which writes to ${displayName(numbered)} and its sequence`
      waiting.push(
        ...reactions.functions
          .filter((other) => mentioned.has(other.name))
          .map((other) => ({ trigger, called: other })),
      )
      waiting.push(
        ...reactions.triggers
          .filter((other) => mentioned.has(other.table.name) && !seen.has(other))
          .flatMap((other) => [...(seen.add(other) && [{ trigger: other, called: other.function }])]),
      )
    }
  }
  return undefined
}

function triggersOf(
  table: QualifiedName,
  { triggers }: Reactions,
): { trigger: TableReaction; called: QualifiedName | null }[] {
  return triggers
    .filter((one) => one.table.name === table.name && one.table.schema === table.schema)
    .map((trigger) => ({ trigger, called: trigger.function }))
}

function wordsOf(body: string): Set<string> {
  return new Set(
    (body.match(/"(?:[^"]|"")+"|\w+/g) ?? []).flatMap((word) =>
      word.startsWith('"') ? [word.slice(1, -1).replaceAll('""', '"')] : [word, word.toLowerCase()],
    ),
  )
}
