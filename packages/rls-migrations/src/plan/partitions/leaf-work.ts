import { createHash } from 'node:crypto'
import { quoteIdentifier, quoteLiteral, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { not } from '../checks.ts'
import type { Operation } from '../step.ts'
import { leavesOf, type PartitionTree } from '../../catalog/partition-tree.ts'

/**
 * One thing to be done to every partition that holds rows. A service makes partitions and drops them all the time, so
 * which ones there are is asked when the work is done, not when it is planned.
 */
export interface LeafWork {
  readonly tree: PartitionTree
  /** What is made on each partition: an index or a constraint with a name of its own. */
  readonly part: LeafPart
  /** An SQL condition: nothing is left to do on any partition, whatever partitions there are. */
  readonly isDone: string
  /** An SQL condition about the partition `l`, its part `l.part`: there is something to do. */
  readonly isOpen: string
  /** The same, when what has to be done before is not done either. @defaultValue `isOpen` */
  readonly isMissing?: string
  /** The statements for one partition, run in one transaction. */
  readonly statements: (leaf: QualifiedName, part: string) => readonly string[]
  /** Whether the part is an index, whose invalid remains are dropped first. */
  readonly buildsIndex?: boolean
}

/** How the part of each partition is called. */
export interface LeafPart {
  /** At the end of the name, apart from every other part of the tree. */
  readonly suffix: string
  /** Names that partitions must have, such as those that a rollback restores, by path. */
  readonly names?: ReadonlyMap<string, string>
}

/** Longest table name, in bytes, that fits before an underscore and a suffix of fourteen bytes. */
const ROOM = 48

export function leafPart(tree: PartitionTree, purpose: string, names?: ReadonlyMap<string, string>): LeafPart {
  const hash = createHash('sha256')
    .update(`${quoteName(tree.table)} ${purpose}`)
    .digest('hex')
    .slice(0, 7)
  return { suffix: `tenant_${hash}`, ...(names === undefined ? {} : { names }) }
}

/** The name of the part of a partition that is known; {@link partNameSql} gives the same. */
export function partName({ suffix, names }: LeafPart, leaf: QualifiedName): string {
  const given = names?.get(quoteName(leaf))
  if (given !== undefined) return given
  const head = Buffer.byteLength(leaf.name) <= ROOM ? leaf.name : md5(leaf.name)
  return `${head}_${suffix}`
}

function partNameSql({ suffix, names }: LeafPart): string {
  const made = `case when octet_length(c.relname) <= ${ROOM} then c.relname::text else md5(c.relname) end || ${quoteLiteral(`_${suffix}`)}`
  if (names === undefined || names.size === 0) return made
  return `coalesce(${quoteLiteral(JSON.stringify(Object.fromEntries(names)))}::jsonb ->> format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')), ${made})`
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** Stands for the names in a statement until the server knows them. */
const placeholders = { schema: 'pw\u0001schema', name: 'pw\u0001name', part: 'pw\u0001part' } as const

/** What the runner does, and the statements for the partitions that are known, for review. */
export function leafOperation(work: LeafWork): Pick<Operation, 'statements' | 'checks'> & { readonly each: string } {
  const { tree, part, statements } = work
  const open = openLeaves(work)
  const written = statements({ schema: placeholders.schema, name: placeholders.name }, placeholders.part)
  const index = work.buildsIndex === true ? `format('%I.%I', l.schema, l.part)` : 'null'
  return {
    statements: leavesOf(tree).flatMap((leaf) => statements(leaf, partName(part, leaf))),
    each: `select array[${written.map(asExpression).join(', ')}] as statements, ${index} as index from (${open}) l order by l.schema collate "C", l.name collate "C"`,
    checks: [
      {
        object: `part ${part.suffix} on every partition of ${tree.table.name}`,
        sql: `${work.isDone} or ${not(`exists (${openLeaves({ ...work, isOpen: work.isMissing ?? work.isOpen })})`)}`,
      },
    ],
  }
}

/** Statements that drop indexes of the part on which no key stands and that are no part of the index above. */
export function leafLeftovers(tree: PartitionTree, part: LeafPart): string {
  const isFree =
    'exists (select from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = l.oid and i.relname = l.part and not i.relispartition and not exists (select from pg_constraint k where k.conindid = i.oid))'
  const leaves = openLeaves({ tree, part, isDone: 'false', isOpen: isFree })
  return `select format('drop index concurrently if exists %I.%I', l.schema, l.part) as statement from (${leaves}) l`
}

function openLeaves({ tree, part, isDone, isOpen }: Pick<LeafWork, 'tree' | 'part' | 'isDone' | 'isOpen'>): string {
  const root = `to_regclass(${quoteLiteral(quoteName(tree.table))})`
  return `select * from (select c.oid, n.nspname as schema, c.relname as name, ${partNameSql(part)} as part from pg_partition_tree(${root}) t join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace where t.isleaf and c.relkind = 'r') l where ${not(isDone)} and (${isOpen})`
}

/** A statement with placeholders as an SQL expression over the partition `l`. */
function asExpression(statement: string): string {
  const quoted = Object.entries(placeholders).map(
    ([column, text]) => [quoteIdentifier(text), `quote_ident(l.${column})`] as const,
  )
  let pieces: readonly { readonly sql: boolean; readonly text: string }[] = [{ sql: false, text: statement }]
  for (const [text, sql] of quoted) {
    pieces = pieces.flatMap((piece) =>
      piece.sql
        ? [piece]
        : piece.text
            .split(text)
            .flatMap((rest, at) => [...(at === 0 ? [] : [{ sql: true, text: sql }]), { sql: false, text: rest }]),
    )
  }
  return `concat(${pieces.map((piece) => (piece.sql ? piece.text : quoteLiteral(piece.text))).join(', ')})`
}

/** The index of the part stands and is valid. */
export const indexStands: string =
  'exists (select from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = l.oid and i.relname = l.part and x.indisvalid)'

/** The constraint of the part stands. */
export const constraintStands: string =
  'exists (select from pg_constraint k where k.conrelid = l.oid and k.conname = l.part)'
