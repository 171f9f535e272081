import { keyOn, partOf } from '../../catalog/own-objects.ts'
import type { Index, Key } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { constraintExists, indexExists, not } from '../checks.ts'
import type { Guard, Inverse, Step } from '../step.ts'
import { keyMarks } from '../steps/key-marks.ts'
import { leafLeftovers, leafPart } from './leaf-work.ts'
import { branchesUpwards, leavesOf, type PartitionTree } from '../../catalog/partition-tree.ts'
import { ifPresent, treeInverses, treeKeyOperations, type TreeConstraint, type TreeKey } from './tree-key.ts'

export interface NarrowTreeKey {
  readonly tree: PartitionTree
  readonly index: Index
  readonly constraint: Key | undefined
  readonly guards: readonly Guard[]
}

/** Contract: a unique of all organizations goes, from the table and every partition at once. */
export function dropTreeUnique(narrow: NarrowTreeKey): Step {
  const { tree, index, constraint } = narrow
  const name = displayName(tree.table)
  const qualified = { schema: tree.table.schema, name: index.name }
  return {
    id: `contract/${name}/unique-${index.name}`,
    phase: 'contract',
    kind: 'drop-unique',
    table: name,
    summary: `drop the old unique ${index.name} of ${name}`,
    mode: 'transaction',
    statements: [
      constraint === undefined
        ? `drop index ${quoteName(qualified)}`
        : `alter table ${quoteName(tree.table)} drop constraint ${quoteIdentifier(constraint.name)}`,
    ],
    lock: 'ACCESS EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [
      constraint === undefined
        ? { object: `old unique index ${index.name} on ${name}`, sql: not(indexExists(qualified)) }
        : {
            object: `old unique key ${constraint.name} on ${name}`,
            sql: not(constraintExists(tree.table, constraint.name)),
          },
    ],
    inverse: rebuildTreeKey(narrow),
  }
}

/** Builds it again, on each partition first, under the very names that it had. */
function rebuildTreeKey({ tree, index, constraint, guards }: NarrowTreeKey): readonly Inverse[] {
  const key: TreeKey = {
    tree,
    name: index.name,
    unique: true,
    definition: `using ${index.method} ${index.keyAndRest}`,
    firstColumn: index.columns?.[0],
    summary: `build the old unique ${index.name} of ${displayName(tree.table)}`,
    constraint: constraint === undefined ? undefined : constraintAsItWas(constraint),
    names: originalNames(tree, index),
  }
  const [build, ...rest] = treeKeyOperations(key)
  return [
    ...treeInverses('narrow-indexes', tree, build === undefined ? [] : [build]).map((inverse) => ({
      ...inverse,
      guards,
      leftovers: leafLeftovers(tree, leafPart(tree, key.name, key.names)),
    })),
    ...treeInverses('narrow-keys', tree, [...rest, ...marksOf(tree, index)]),
  ]
}

function constraintAsItWas(key: Key): TreeConstraint {
  return {
    clause: key.definition,
    columns: key.columns,
    timing: key.deferrable ? ` deferrable initially ${key.deferred ? 'deferred' : 'immediate'}` : '',
  }
}

/** How the parts of the index are called, on every partition and on every partitioned table between. */
export function originalNames(tree: PartitionTree, index: Index): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const visit = (one: PartitionTree, above: Index): void => {
    for (const table of [...one.leaves, ...one.branches.map((branch) => branch.table)]) {
      const part = partOf(table, above)
      if (part === undefined) continue
      names.set(quoteName(table), part.name)
      const below = one.branches.find((branch) => branch.table === table)
      if (below !== undefined) visit(below, part)
    }
  }
  visit(tree, index)
  return names
}

/** Comments and the like, of the index above and of each of its parts. */
export function marksOf(tree: PartitionTree, index: Index): readonly ReturnType<typeof treeKeyOperations>[number][] {
  const names = originalNames(tree, index)
  const own = keyMarks(tree.table, index, keyOn(tree.table, index))
  const below = [...leavesOf(tree), ...branchesUpwards(tree)].flatMap((table) => {
    const part = table.indexes.find((one) => one.name === names.get(quoteName(table)))
    return part === undefined
      ? []
      : keyMarks(table, part, keyOn(table, part)).statements.map((one) => ifPresent(table, one))
  })
  const statements = [...own.statements, ...below]
  if (statements.length === 0) return []
  return [
    {
      part: `unique-${index.name}-marks`,
      summary: `put back what hung on ${index.name} of ${displayName(tree.table)}`,
      mode: 'transaction',
      statements,
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: own.checks,
    },
  ]
}
