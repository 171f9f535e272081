import { copyOf } from '../../catalog/own-objects.ts'
import { lockParentFirst } from '../steps/lock-parent-first.ts'
import type { ForeignKey } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { constraintExists, not } from '../checks.ts'
import type { Check } from '../step.ts'
import { constraintStands, leafOperation, leafPart, type LeafPart } from './leaf-work.ts'
import type { PartitionTree } from '../../catalog/partition-tree.ts'
import type { TreeOperation } from './tree-key.ts'

/** The version that adds a foreign key of a partitioned table NOT VALID, and validates it, by itself. */
export const NATIVE_TREE_KEYS = 180000

export interface TreeForeignKey {
  readonly tree: PartitionTree
  readonly name: string
  readonly references: QualifiedName
  /** As `add constraint` takes it: `foreign key (a, b) references p (x, y)`. */
  readonly definition: string
  /** That the whole key stands, and is proved. */
  readonly check: Check
  /** Makes the statements that prove it see every row. */
  readonly seeing?: (statements: readonly string[]) => readonly string[]
  /** Names that the keys of the partitions must have, by path. */
  readonly names?: ReadonlyMap<string, string>
}

/**
 * Before 18 a partitioned table takes no key NOT VALID. So each partition gets its own, unproved, in an instant; it is
 * proved while everybody writes on; and the key that is then made on the table takes them all up without looking again.
 */
export function treeForeignKeyOperations(key: TreeForeignKey): readonly TreeOperation[] {
  const { tree, name, references, definition, seeing = (statements) => statements } = key
  const part = leafPart(tree, name, key.names)
  const table = displayName(tree.table)
  const isDone = constraintExists(tree.table, name)
  return [
    {
      part: `foreign-key-${name}-partitions`,
      summary: `tie each partition of ${table} to ${displayName(references)}`,
      mode: 'transaction',
      ...leafOperation({
        tree,
        part,
        isDone,
        isOpen: not(constraintStands),
        statements: (leaf, own) => [
          ...lockParentFirst(leaf, references, 'share row exclusive'),
          `alter table ${quoteName(leaf)} add constraint ${quoteIdentifier(own)} ${definition} not valid`,
        ],
      }),
      lock: 'SHARE ROW EXCLUSIVE',
      scans: false,
      rewrites: false,
    },
    {
      part: `validate-${name}-partitions`,
      summary: `prove ${name} on the rows of each partition of ${table}`,
      mode: 'transaction',
      ...leafOperation({
        tree,
        part,
        isDone,
        isOpen: `${constraintStands} and ${not(constraintIsProved)}`,
        isMissing: not(constraintIsProved),
        statements: (leaf, own) =>
          seeing([`alter table ${quoteName(leaf)} validate constraint ${quoteIdentifier(own)}`]),
      }),
      lock: 'SHARE UPDATE EXCLUSIVE',
      scans: true,
      rewrites: false,
    },
    {
      part: `foreign-key-${name}`,
      summary: `make them the key ${name} of ${table}`,
      mode: 'transaction',
      statements: [
        // The triggers of the partitions' own keys go from the referenced table.
        `lock table ${quoteName(references)} in access exclusive mode`,
        `lock table ${quoteName(tree.table)} in share row exclusive mode`,
        `alter table ${quoteName(tree.table)} add constraint ${quoteIdentifier(name)} ${definition}`,
      ],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [key.check],
    },
  ]
}

const constraintIsProved =
  'exists (select from pg_constraint k where k.conrelid = l.oid and k.conname = l.part and k.convalidated)'

/** Drops it everywhere, whatever of it stands. */
export function dropTreeForeignKey({ tree, name, references, names }: TreeForeignKey): readonly TreeOperation[] {
  const part: LeafPart = leafPart(tree, name, names)
  const table = displayName(tree.table)
  return [
    {
      part: `foreign-key-${name}`,
      summary: `drop foreign key ${name} of ${table}`,
      mode: 'transaction',
      statements: [
        ...lockParentFirst(tree.table, references, 'access exclusive'),
        `alter table ${quoteName(tree.table)} drop constraint ${quoteIdentifier(name)}`,
      ],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [{ object: `foreign key ${name} on ${table}`, sql: not(constraintExists(tree.table, name)) }],
    },
    {
      part: `foreign-key-${name}-partitions`,
      summary: `drop what is left of ${name} on the partitions of ${table}`,
      mode: 'transaction',
      ...leafOperation({
        tree,
        part,
        isDone: 'false',
        isOpen: constraintStands,
        statements: (leaf, own) => [
          ...lockParentFirst(leaf, references, 'access exclusive'),
          `alter table ${quoteName(leaf)} drop constraint ${quoteIdentifier(own)}`,
        ],
      }),
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
    },
  ]
}

/** How the copies of the key are called on the partitions. */
export function copyNames(tree: PartitionTree, key: ForeignKey): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const leaf of tree.leaves) {
    const copy = copyOf(leaf, key)
    if (copy !== undefined) names.set(quoteName(leaf), copy.name)
  }
  for (const branch of tree.branches) {
    const copy = copyOf(branch.table, key)
    if (copy === undefined) continue
    names.set(quoteName(branch.table), copy.name)
    for (const [path, name] of copyNames(branch, copy)) names.set(path, name)
  }
  return names
}
