import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { constraintExists, indexExists, indexIs, keyIs, not } from '../checks.ts'
import type { Check, Inverse, Operation, Phase, Step, UndoStage } from '../step.ts'
import { constraintStands, indexStands, leafOperation, leafPart, type LeafPart } from './leaf-work.ts'
import { branchesUpwards, type PartitionTree } from '../../catalog/partition-tree.ts'

/** An index over all partitions of a table, or the key that it backs. */
export interface TreeKey {
  readonly tree: PartitionTree
  /** The name at the top. */
  readonly name: string
  readonly unique: boolean
  /** From the access method on: `using btree (a, b) where c`. */
  readonly definition: string
  /** Undefined where it begins with an expression. */
  readonly firstColumn: string | undefined
  readonly summary: string
  /** Makes it a constraint. */
  readonly constraint?: TreeConstraint | undefined
  /** Names that the partitions' own indexes, and those of the partitioned tables between, must have, by path. */
  readonly names?: ReadonlyMap<string, string>
  /** The phase that takes it away again. */
  readonly until?: Phase
}

export interface TreeConstraint {
  /** As `add constraint` takes it: `unique (a, b) deferrable`. */
  readonly clause: string
  readonly columns: readonly string[]
  /** For `unique using index`: ` deferrable initially deferred`, or nothing. */
  readonly timing: string
}

/** An operation that is a step, or an inverse, once it has a phase, or a stage. */
export type TreeOperation = Omit<Operation, 'id'> & { readonly part: string }

/**
 * A partitioned table takes no CONCURRENTLY, and no constraint over an index that stands. So each partition gets its own
 * index without blocking anybody, and its own constraint in an instant; the index that is then made on the table takes
 * them all up, and builds nothing. A partition that came in that very moment gets its own while it is small.
 */
export function treeKeyOperations(key: TreeKey): readonly TreeOperation[] {
  const part = leafPart(key.tree, key.name, key.names)
  const build = buildOnLeaves(key, part)
  const join = joinAtRoot(key)
  return key.constraint === undefined ? [build, join] : [build, attachOnLeaves(key, part), join]
}

function buildOnLeaves(key: TreeKey, part: LeafPart): TreeOperation {
  const unique = key.unique ? 'unique ' : ''
  return {
    part: `index-${key.name}-partitions`,
    summary: `${key.summary}, on each partition`,
    mode: 'concurrent',
    ...leafOperation({
      tree: key.tree,
      part,
      isDone: isJoined(key),
      isOpen: not(indexStands),
      buildsIndex: true,
      statements: (leaf, index) => [
        `create ${unique}index concurrently ${quoteIdentifier(index)} on ${quoteName(leaf)} ${key.definition}`,
      ],
    }),
    lock: 'SHARE UPDATE EXCLUSIVE',
    scans: true,
    rewrites: false,
  }
}

function attachOnLeaves(key: TreeKey, part: LeafPart): TreeOperation {
  return {
    part: `key-${key.name}-partitions`,
    summary: `make it the key of each partition of ${displayName(key.tree.table)}`,
    mode: 'transaction',
    ...leafOperation({
      tree: key.tree,
      part,
      isDone: isJoined(key),
      isOpen: `${indexStands} and ${not(constraintStands)}`,
      isMissing: not(constraintStands),
      statements: (leaf, index) => [
        `alter table ${quoteName(leaf)} add constraint ${quoteIdentifier(index)} unique using index ${quoteIdentifier(index)}${key.constraint?.timing ?? ''}`,
      ],
    }),
    lock: 'ACCESS EXCLUSIVE',
    scans: false,
    rewrites: false,
  }
}

/** The partitioned tables between come first, so that each index there has the name that it must have. */
function joinAtRoot(key: TreeKey): TreeOperation {
  const { tree, constraint } = key
  const named = branchesUpwards(tree).flatMap((branch) => {
    const name = key.names?.get(quoteName(branch))
    return name === undefined ? [] : [ifPresent(branch, joinStatement(key, branch, name))]
  })
  return {
    part: `${constraint === undefined ? 'index' : 'key'}-${key.name}`,
    summary: `${key.summary}, on the whole table`,
    mode: 'transaction',
    statements: [...named, joinStatement(key, tree.table, key.name)],
    lock: constraint === undefined ? 'SHARE' : 'ACCESS EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [
      {
        object: `${constraint === undefined ? 'index' : 'unique key'} ${key.name} on ${displayName(tree.table)}`,
        sql: isJoined(key),
      },
    ],
  }
}

function joinStatement({ unique, definition, constraint }: TreeKey, table: QualifiedName, name: string): string {
  return constraint === undefined
    ? `create ${unique ? 'unique ' : ''}index ${quoteIdentifier(name)} on ${quoteName(table)} ${definition}`
    : `alter table ${quoteName(table)} add constraint ${quoteIdentifier(name)} ${constraint.clause}`
}

function isJoined({ tree, name, unique, firstColumn, constraint }: TreeKey): string {
  const index = { schema: tree.table.schema, name }
  const stands =
    firstColumn === undefined ? indexExists(index) : indexIs(index, tree.table, { unique, first: firstColumn })
  return constraint === undefined ? stands : `(${stands} and ${keyIs(tree.table, name, constraint.columns)})`
}

/** Drops it everywhere, whatever of it stands. */
export function dropTreeKey(key: TreeKey): readonly TreeOperation[] {
  const { tree, name, constraint } = key
  const part = leafPart(tree, name, key.names)
  const table = displayName(tree.table)
  const index = { schema: tree.table.schema, name }
  const gone: Check =
    constraint === undefined
      ? { object: `index ${name} on ${table}`, sql: not(indexExists(index)) }
      : { object: `unique key ${name} on ${table}`, sql: not(constraintExists(tree.table, name)) }
  return [
    {
      part: `index-${name}`,
      summary: `drop ${constraint === undefined ? 'index' : 'key'} ${name} of ${table}`,
      mode: 'transaction',
      statements: [
        constraint === undefined
          ? `drop index if exists ${quoteName(index)}`
          : `alter table ${quoteName(tree.table)} drop constraint ${quoteIdentifier(name)}`,
      ],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [gone],
    },
    {
      // What a run that was cut off left on the partitions: with the one above gone, nothing else is there.
      part: `index-${name}-partitions`,
      summary: `drop what is left of ${name} on the partitions of ${table}`,
      mode: 'transaction',
      ...leafOperation({
        tree,
        part,
        isDone: 'false',
        isOpen: `exists (select from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = l.oid and i.relname = l.part)`,
        statements: (leaf, own) => [
          `alter table ${quoteName(leaf)} drop constraint if exists ${quoteIdentifier(own)}`,
          `drop index if exists ${quoteName({ schema: leaf.schema, name: own })}`,
        ],
      }),
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
    },
  ]
}

/** The steps of expand that make the key, with their inverse. */
export function treeKeySteps(kind: Step['kind'], key: TreeKey): readonly Step[] {
  const operations = treeKeyOperations(key)
  const { until } = key
  return operations.map(({ part, ...operation }, at) => ({
    ...operation,
    checks: operation.checks.map((check) => (until === undefined ? check : { ...check, until })),
    id: `expand/${displayName(key.tree.table)}/${part}`,
    phase: 'expand',
    kind,
    table: displayName(key.tree.table),
    // Undone in reverse: with the last step first, and all at once.
    inverse: at === operations.length - 1 ? treeInverses('wide-indexes', key.tree, dropTreeKey(key)) : [],
  }))
}

export function treeInverses(
  stage: UndoStage,
  tree: PartitionTree,
  operations: readonly TreeOperation[],
): readonly Inverse[] {
  return operations.map(({ part, ...operation }) => ({
    ...operation,
    id: `undo/${displayName(tree.table)}/${part}`,
    stage,
  }))
}

/** A statement about a table that the host may have dropped by the time that it runs. */
export function ifPresent(table: Table, statement: string): string {
  return `do $present$ begin if to_regclass(${quoteLiteral(quoteName(table))}) is not null then execute ${quoteLiteral(statement)}; end if; end $present$`
}
