import type { Index, Table } from '../../catalog/catalog.ts'
import { onlyItself } from '../../catalog/partition-tree.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { constraintExists, indexExists, not } from '../checks.ts'
import { dropTreeUnique } from '../partitions/tree-unique.ts'
import { treeOf, type PlanContext } from '../plan-context.ts'
import { keyHolders } from '../primary-key.ts'
import type { Guard, Inverse, Step } from '../step.ts'
import { keyMarks } from './key-marks.ts'
import { narrowUniques, type NarrowUnique } from './widened-unique.ts'

/** Contract: uniques across all organizations go; their wide counterparts hold. */
export function planDropUniques(context: PlanContext, table: Table): readonly Step[] {
  const tree = treeOf(context, table)
  return droppedUniques(context, table).map((unique) => {
    if (tree !== undefined) return dropTreeUnique({ ...unique, tree, guards: [collisionsOf(table, unique.index)] })
    return unique.constraint === undefined ? dropIndex(table, unique) : dropConstraint(table, unique)
  })
}

/** The uniques across all organizations that nothing needs for good. */
export function droppedUniques(context: PlanContext, table: Table): readonly NarrowUnique[] {
  return narrowUniques(context, table).filter(
    ({ index, constraint }) => keyHolders(context, table, { key: constraint, index }).length === 0,
  )
}

function dropConstraint(table: Table, { index, constraint }: NarrowUnique): Step {
  const name = displayName(table)
  const { name: key, deferrable, deferred } = constraint as NonNullable<typeof constraint>
  const marks = keyMarks(table, index, constraint)
  const timing = deferrable ? ` deferrable initially ${deferred ? 'deferred' : 'immediate'}` : ''
  const alter = `alter table ${quoteName(table)}`
  const object = `old unique key ${key} on ${name}`
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  return {
    ...instant,
    id: `contract/${name}/unique-${key}`,
    phase: 'contract',
    kind: 'drop-unique',
    table: name,
    summary: `drop the old unique key ${key} of ${name}`,
    statements: [`${alter} drop constraint ${quoteIdentifier(key)}`],
    checks: [{ object, sql: not(constraintExists(table, key)) }],
    inverse: [
      rebuild(table, { index, constraint, covered: false }),
      {
        ...instant,
        id: `undo/${name}/unique-${key}-key`,
        stage: 'narrow-keys',
        summary: `make it the key ${key} of ${name} again`,
        statements: [
          `${alter} add constraint ${quoteIdentifier(key)} unique using index ${quoteIdentifier(index.name)}${timing}`,
          ...marks.statements,
        ],
        checks: [{ object, sql: constraintExists(table, key) }],
      },
    ],
  }
}

function dropIndex(table: Table, unique: NarrowUnique): Step {
  const name = displayName(table)
  const qualified = { schema: table.schema, name: unique.index.name }
  return {
    id: `contract/${name}/unique-${unique.index.name}`,
    phase: 'contract',
    kind: 'drop-unique',
    table: name,
    summary: `drop the old unique index ${unique.index.name} of ${name}`,
    mode: 'concurrent',
    statements: [`drop index concurrently if exists ${quoteName(qualified)}`],
    lock: 'SHARE UPDATE EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [
      {
        object: `old unique index ${unique.index.name} on ${name}`,
        sql: `to_regclass(${quoteLiteral(quoteName(qualified))}) is null`,
      },
    ],
    inverse: [rebuild(table, unique), ...restoreMarks(table, unique)],
  }
}

/** CONCURRENTLY runs alone, so what hangs on the index follows. */
function restoreMarks(table: Table, { index }: NarrowUnique): readonly Inverse[] {
  const { statements, checks } = keyMarks(table, index)
  if (statements.length === 0) return []
  return [
    {
      id: `undo/${displayName(table)}/unique-${index.name}-marks`,
      stage: 'narrow-indexes',
      summary: `put back what hung on the index ${index.name} of ${displayName(table)}`,
      mode: 'transaction',
      statements,
      lock: 'SHARE UPDATE EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks,
    },
  ]
}

function rebuild(table: Table, { index }: NarrowUnique): Inverse {
  const name = displayName(table)
  const qualified = { schema: table.schema, name: index.name }
  return {
    id: `undo/${name}/unique-${index.name}`,
    stage: 'narrow-indexes',
    summary: `build the old unique index ${index.name} of ${name}`,
    mode: 'concurrent',
    statements: [index.definition.replace(/^CREATE UNIQUE INDEX /, 'CREATE UNIQUE INDEX CONCURRENTLY ')],
    index: quoteName(qualified),
    lock: 'SHARE UPDATE EXCLUSIVE',
    scans: true,
    rewrites: false,
    checks: [{ object: `index ${index.name} on ${name}`, sql: indexExists(qualified) }],
    guards: [collisionsOf(table, index)],
  }
}

function collisionsOf(table: Table, index: Index): Guard {
  return collisions(table, index.expressions, { predicate: index.predicate, nullsNotDistinct: index.nullsNotDistinct })
}

/** The rows that the old unique would refuse. NULLs collide only where the index says so. */
function collisions(
  table: Table,
  expressions: readonly string[],
  index: { predicate: string | null; nullsNotDistinct: boolean },
): Guard {
  const key = expressions.join(', ')
  const conditions = [
    ...(index.predicate === null ? [] : [`(${index.predicate})`]),
    ...(index.nullsNotDistinct ? [] : expressions.map((expression) => `(${expression}) is not null`)),
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  return {
    table: displayName(table),
    reason: `more than one row has the same (${key})`,
    sql: `select ${key}, count(*)::int as rows from ${onlyItself(table)}${quoteName(table)}${where} group by ${key} having count(*) > 1 limit 20`,
  }
}
