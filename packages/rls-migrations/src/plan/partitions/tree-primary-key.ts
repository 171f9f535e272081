import type { Key } from '../../catalog/catalog.ts'
import { displayName, quoteColumns, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { keyIs, not } from '../checks.ts'
import type { PrimaryKey } from '../primary-key.ts'
import type { Guard, Inverse, Step } from '../step.ts'
import { wideDefinition } from '../steps/concurrent-index.ts'
import { indexStands, leafLeftovers, leafOperation, leafPart, type LeafPart } from './leaf-work.ts'
import type { PartitionTree } from '../../catalog/partition-tree.ts'
import { treeInverses, type TreeOperation } from './tree-key.ts'
import { marksOf } from './tree-unique.ts'

export interface TreePrimaryKey {
  readonly tree: PartitionTree
  readonly primary: PrimaryKey
  readonly tenantColumn: string
  /** Refuses the way back when rows share an old key. */
  readonly guard: Guard
  /** What must stand before the key is narrow again. */
  readonly before: readonly Inverse[]
}

/**
 * Contract: the tenant joins the primary key of a partitioned table. Each partition gets the new index without blocking
 * anybody; then the old key goes and the new one takes its place, and its names, in one instant.
 */
export function widenTreePrimaryKey(key: TreePrimaryKey): readonly Step[] {
  const { tree, primary, tenantColumn, guard, before } = key
  const name = displayName(tree.table)
  const wide = [tenantColumn, ...primary.key.columns]
  const part = leafPart(tree, `wide ${primary.key.name}`)
  const narrowPart = leafPart(tree, `narrow ${primary.key.name}`)
  const [build, swap] = swapOperations(key, {
    part,
    columns: wide,
    definition: wideDefinition(tenantColumn, primary.index),
  })
  const [narrowBuild, narrowSwap] = swapOperations(key, {
    part: narrowPart,
    columns: primary.key.columns,
    definition: `using ${primary.index.method} ${primary.index.keyAndRest}`,
  })
  const narrow: readonly Inverse[] = [
    ...before,
    ...treeInverses('narrow-indexes', tree, [narrowBuild]).map((inverse) => ({
      ...inverse,
      guards: [guard],
      leftovers: leafLeftovers(tree, narrowPart),
    })),
    // Nothing stands on the wide key but itself, and old foreign keys need the narrow one before they can come back.
    ...treeInverses('narrow-indexes', tree, [narrowSwap, ...marksOf(tree, primary.index)]),
  ]
  return [step(build, name, treeInverses('primary-keys', tree, [dropParts(tree, part)])), step(swap, name, narrow)]
}

function step({ part, ...operation }: TreeOperation, table: string, inverse: readonly Inverse[]): Step {
  return { ...operation, id: `contract/${table}/${part}`, phase: 'contract', kind: 'primary-key', table, inverse }
}

interface Target {
  readonly part: LeafPart
  readonly columns: readonly string[]
  /** Of the index: `using btree (a, b)`. */
  readonly definition: string
}

function swapOperations(
  { tree, primary }: TreePrimaryKey,
  { part, columns, definition }: Target,
): readonly [TreeOperation, TreeOperation] {
  const table = displayName(tree.table)
  const isDone = keyIs(tree.table, primary.key.name, columns)
  const list = columns.join(', ')
  return [
    {
      part: `primary-key-${part.suffix}-partitions`,
      summary: `build unique (${list}) on each partition of ${table}`,
      mode: 'concurrent',
      ...leafOperation({
        tree,
        part,
        isDone,
        isOpen: not(indexStands),
        buildsIndex: true,
        statements: (leaf, index) => [
          `create unique index concurrently ${quoteIdentifier(index)} on ${quoteName(leaf)} ${definition}`,
        ],
      }),
      lock: 'SHARE UPDATE EXCLUSIVE',
      scans: true,
      rewrites: false,
    },
    {
      part: `primary-key-${part.suffix}`,
      summary: `make (${list}) the primary key of ${table}`,
      mode: 'transaction',
      statements: [swapStatement(tree, primary.key, { part, columns })],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [{ object: `primary key ${primary.key.name} on ${table}`, sql: isDone }],
    },
  ]
}

/**
 * Every name stays: that of the key on each partition is asked for before the key goes. From the lowest tables up, each
 * takes up the keys below it and builds nothing.
 */
function swapStatement(tree: PartitionTree, key: Key, { part, columns }: Omit<Target, 'definition'>): string {
  const root = quoteLiteral(quoteName(tree.table))
  const include = /( INCLUDE \(.*\))?( (?:NOT )?DEFERRABLE.*)?$/.exec(key.definition)?.[1] ?? ''
  const clause = `primary key (${quoteColumns(columns)})${include}`
  return `do $swap$ declare
  members jsonb := (
    select jsonb_agg(jsonb_build_object('table', c.oid::regclass::text, 'schema', n.nspname, 'name', c.relname, 'key', k.conname, 'leaf', t.isleaf) order by t.level desc)
    from pg_partition_tree(to_regclass(${root})) t join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace
    join pg_constraint k on k.conrelid = c.oid and k.contype = 'p');
  member jsonb;
  built text;
begin
  execute ${quoteLiteral(`alter table ${quoteName(tree.table)} drop constraint ${quoteIdentifier(key.name)}`)};
  for member in select * from jsonb_array_elements(members) loop
    if (member ->> 'leaf')::boolean then
      select i.relname into built from pg_index x join pg_class i on i.oid = x.indexrelid
      where x.indrelid = to_regclass(format('%I.%I', member ->> 'schema', member ->> 'name')) and x.indisvalid
        and i.relname = ${partNameOf(part)};
      if built is not null then
        execute format('alter table %I.%I add constraint %I primary key using index %I', member ->> 'schema', member ->> 'name', member ->> 'key', built);
      end if;
    else
      execute format('alter table %I.%I add constraint %I %s', member ->> 'schema', member ->> 'name', member ->> 'key', ${quoteLiteral(clause)});
    end if;
  end loop;
end $swap$`
}

/** As {@link leafPart} names it, over a member of the tree. */
function partNameOf({ suffix }: LeafPart): string {
  return `case when octet_length(member ->> 'name') <= 48 then member ->> 'name' else md5(member ->> 'name') end || ${quoteLiteral(`_${suffix}`)}`
}

function dropParts(tree: PartitionTree, part: LeafPart): TreeOperation {
  return {
    part: `primary-key-${part.suffix}-partitions`,
    summary: `drop what is left of the new key on the partitions of ${displayName(tree.table)}`,
    mode: 'transaction',
    ...leafOperation({
      tree,
      part,
      isDone: 'false',
      isOpen: indexStands,
      statements: (leaf, own) => [`drop index if exists ${quoteName({ schema: leaf.schema, name: own })}`],
    }),
    lock: 'ACCESS EXCLUSIVE',
    scans: false,
    rewrites: false,
  }
}
