import type { Catalog, ForeignKey, Index, Key, Table } from './catalog.ts'

/**
 * The catalog without what partitions only have because the table above them has it: such keys and indexes are made,
 * changed and dropped there.
 */
export function withOwnObjects(catalog: Catalog): Catalog {
  return { ...catalog, tables: catalog.tables.map(ownObjects) }
}

function ownObjects(table: Table): Table {
  if (table.parents.length === 0) return table
  return {
    ...table,
    keys: table.keys.filter((key) => !key.inherited),
    indexes: table.indexes.filter((index) => index.parent === null),
    foreignKeys: table.foreignKeys.filter((key) => key.parent === null),
  }
}

/** The index of a partition that is a part of an index of the table above. */
export function partOf(partition: Table, index: Index): Index | undefined {
  return partition.indexes.find((one) => one.parent === index.name)
}

/** The foreign key of a partition that a key of the table above made. */
export function copyOf(partition: Table, key: ForeignKey): ForeignKey | undefined {
  return partition.foreignKeys.find((one) => one.parent === key.name)
}

/** The constraint that an index backs. */
export function keyOn(table: Table, index: Index): Key | undefined {
  return table.keys.find((key) => key.name === index.constraint)
}
