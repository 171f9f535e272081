import type { Session } from '../../database/session.ts'
import { displayedRelation, type RuleContext } from '../../verify/catalog-rule.ts'
import { isHostSchema, walledIn, walledTables } from '../walled-tables.ts'
import { childrenOf, isRelation, nodesOf, wordOf, type Expression } from './expression.ts'
import { parseNodeTree, type TreeNode } from './node-tree.ts'

export type PolicyCommand = '*' | 'r' | 'a' | 'w' | 'd'

/** A policy of the host, parsed. */
export interface PolicyFacts {
  /** The table as people write it. */
  readonly table: string
  /** The table as statements take it. */
  readonly relation: string
  readonly relationId: string
  readonly name: string
  /** The name as statements take it. */
  readonly quotedName: string
  readonly command: PolicyCommand
  readonly permissive: boolean
  /** `public` for everybody. */
  readonly roles: readonly string[]
  readonly using: Expression | null
  readonly check: Expression | null
  /** The number of the column with the organization; null where there is none, or none is known. */
  readonly tenant: number | null
  readonly class: 'tenant' | 'root' | 'user' | null
  /** The names of the columns, by number. */
  readonly columns: Readonly<Record<string, string>>
}

export interface FunctionFacts {
  readonly schema: string
  readonly name: string
  /** With its arguments, as statements take it. */
  readonly signature: string
  readonly volatility: 'i' | 's' | 'v'
  readonly source: string
}

/** What an application may do with a table, and through which policies. */
export interface WalledAccess {
  readonly table: string
  readonly relationId: string
  readonly role: string
  readonly commands: readonly ('r' | 'a' | 'w' | 'd')[]
}

/** Everything that the rules of policies look at. */
export interface PolicyWorld {
  readonly context: RuleContext
  readonly policies: readonly PolicyFacts[]
  /** The same, by the number of their table. */
  readonly ofTable: ReadonlyMap<string, readonly PolicyFacts[]>
  readonly functions: ReadonlyMap<string, FunctionFacts>
  /** The names of operators, by number. */
  readonly operators: ReadonlyMap<string, string>
  /** Tables that policies read, and that a role of the application may write: the number, and words for it. */
  readonly writable: ReadonlyMap<string, string>
  readonly access: readonly WalledAccess[]
  /** For each judged role, the roles whose policies are about it. */
  readonly rolesOf: ReadonlyMap<string, readonly string[]>
}

type PolicyRow = Omit<PolicyFacts, 'using' | 'check'> & {
  readonly using: string | null
  readonly usingText: string
  readonly check: string | null
  readonly checkText: string
}

/** Reads all policies in a handful of queries, however many tables there are. */
export async function readPolicies(session: Session, context: RuleContext): Promise<PolicyWorld> {
  const { settings, boundRoles } = context
  const walled = walledTables(context, 'tenant', 'user')
  const { rows } = await session.query<PolicyRow>(policyQuery, [walled, settings.controlSchema])
  const policies = rows.map(parsed)
  const nodes = policies.flatMap(({ using, check }) =>
    [using, check].flatMap((one) => (one === null ? [] : nodesOf(one.tree).map(({ node }) => node))),
  )
  const judged = context.handBuilt === true ? boundRoles : [settings.roles.app]
  return {
    context,
    policies,
    ofTable: Map.groupBy(policies, (one) => one.relationId),
    functions: await readFunctions(session, numbers(nodes, 'funcid')),
    operators: await readOperators(session, numbers(nodes, 'opno')),
    writable: await readWritable(session, relations(nodes), boundRoles),
    access: (await session.query<WalledAccess>(accessQuery, [walled, judged])).rows,
    rolesOf: await readRoles(session, judged),
  }
}

function parsed({ using, usingText, check, checkText, ...policy }: PolicyRow): PolicyFacts {
  return {
    ...policy,
    using: using === null ? null : { tree: parseNodeTree(using), text: usingText },
    check: check === null ? null : { tree: parseNodeTree(check), text: checkText },
  }
}

const policyQuery = `
select ${displayedRelation} as "table", c.oid::regclass::text as relation, c.oid::text as "relationId", p.polname as name, quote_ident(p.polname) as "quotedName",
       p.polcmd::text as command, p.polpermissive as permissive,
       (select array_agg(case role when 0 then 'public' else pg_get_userbyid(role)::text end order by 1) from unnest(p.polroles) role) as roles,
       p.polqual::text as using, pg_get_expr(p.polqual, p.polrelid) as "usingText",
       p.polwithcheck::text as check, pg_get_expr(p.polwithcheck, p.polrelid) as "checkText",
       w.tenant, w.class,
       (select jsonb_object_agg(a.attnum, a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
left join ${walledIn('$1')} w on w.oid = c.oid
where ${isHostSchema('$2')}
order by n.nspname collate "C", c.relname collate "C", p.polname collate "C"`

/** What a role may do with a table. A table without row-level security has no policies that count, and a rule of its own. */
const accessQuery = `
select * from (
  select ${displayedRelation} as "table", c.oid::text as "relationId", r.rolname::text as role, array_remove(array[
    case when has_any_column_privilege(r.oid, c.oid, 'SELECT') then 'r' end, case when has_any_column_privilege(r.oid, c.oid, 'INSERT') then 'a' end,
    case when has_any_column_privilege(r.oid, c.oid, 'UPDATE') then 'w' end, case when has_table_privilege(r.oid, c.oid, 'DELETE') then 'd' end], null) as commands
  from ${walledIn('$1')} w join pg_class c on c.oid = w.oid and c.relrowsecurity join pg_namespace n on n.oid = c.relnamespace
  join pg_roles r on r.rolname = any($2) and not r.rolsuper and has_schema_privilege(r.oid, n.oid, 'usage')
  where w.tenant is not null
) held where cardinality(commands) > 0`

async function readFunctions(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, FunctionFacts>> {
  const { rows } = await session.query<FunctionFacts & { id: string }>(
    `select p.oid::text as id, n.nspname as schema, p.proname as name, p.oid::regprocedure::text as signature, p.provolatile::text as volatility,
            case when n.nspname = 'pg_catalog' then '' else p.prosrc || coalesce(to_jsonb(p) ->> 'prosqlbody', '') end as source
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = any($1::oid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

async function readOperators(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await session.query<{ id: string; name: string }>(
    'select oid::text as id, oprname::text as name from pg_operator where oid = any($1::oid[])',
    [ids],
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}

async function readWritable(
  session: Session,
  ids: readonly string[],
  boundRoles: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await session.query<{ id: string; words: string }>(
    `select c.oid::text as id, format('%s, which %s may write', c.oid::regclass, min(r.rolname)) as words
     from pg_class c join pg_roles r on r.rolname = any($2) and not r.rolsuper
     where c.oid = any($1::oid[]) and (has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE') or has_table_privilege(r.oid, c.oid, 'DELETE'))
     group by c.oid`,
    [ids, boundRoles],
  )
  return new Map(rows.map(({ id, words }) => [id, words]))
}

async function readRoles(session: Session, judged: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await session.query<{ role: string; of: string[] }>(
    `select r.rolname::text as role, array_agg(m.rolname::text) as of from pg_roles r join pg_roles m on pg_has_role(r.oid, m.oid, 'usage')
     where r.rolname = any($1) group by r.rolname`,
    [judged],
  )
  return new Map(rows.map(({ role, of }) => [role, [...of, 'public']]))
}

function numbers(nodes: readonly TreeNode[], field: string): readonly string[] {
  return [...new Set(nodes.map((node) => wordOf(node, field)).filter((word) => /^[1-9]\d*$/.test(word)))]
}

function relations(nodes: readonly TreeNode[]): readonly string[] {
  return numbers(
    nodes.filter((node) => isRelation(node)).flatMap((node) => [node, ...childrenOf(node)]),
    'relid',
  )
}
