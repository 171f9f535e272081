import type { Catalog, Table } from '../catalog/catalog.ts'
import type { Session } from '../database/session.ts'
import { displayName, quoteIdentifier, quoteName } from '../sql/identifier.ts'

/** What a table holds, in two values that do not depend on the order of its rows. */
export interface TableContent {
  readonly table: string
  readonly rows: number
  /** A sum of row hashes over the columns that the table had first. */
  readonly hash: string
}

/** Counts and hashes the rows of each table, over the columns given by the catalog, so that added columns do not show. */
export async function readTableContents(session: Session, tables: Catalog['tables']): Promise<readonly TableContent[]> {
  const contents: TableContent[] = []
  for (const table of tables) contents.push(await readTableContent(session, table))
  return contents
}

async function readTableContent(session: Session, table: Table): Promise<TableContent> {
  const columns = table.columns.map((column) => `t.${quoteIdentifier(column.name)}`).join(', ')
  const { rows } = await session.query<{ rows: number; hash: string }>(
    `select count(*)::int as rows, coalesce(sum(('x' || left(md5(row(${columns})::text), 15))::bit(60)::bigint::numeric), 0)::text as hash from ${quoteName(table)} t`,
  )
  return { table: displayName(table), rows: rows[0]?.rows ?? 0, hash: rows[0]?.hash ?? '' }
}
