import type { Session } from '../database/session.ts'
import type {
  Actor,
  Catalog,
  DataRole,
  DefinerFunction,
  ForeignKey,
  ForeignKeyAction,
  Index,
  Schema,
  Table,
  View,
} from './catalog.ts'
import {
  actorQuery,
  dataRoleQuery,
  definerFunctionQuery,
  loginQuery,
  schemaGrantQuery,
  schemaQuery,
  tableQuery,
  viewQuery,
} from './catalog-queries.ts'

export interface ReadCatalogOptions {
  /** The control-plane schema: it is not part of the host. */
  readonly controlSchema: string
  /** The schemas to read; all of the host's when absent. */
  readonly schemas?: readonly string[]
}

type RawForeignKey = Omit<ForeignKey, 'onDelete' | 'onUpdate'> & { onDelete: string; onUpdate: string }
type RawIndex = Omit<Index, 'keyAndRest'> & { prefix: string }
type RawTable = Omit<Table, 'foreignKeys' | 'indexes'> & { foreignKeys: RawForeignKey[]; indexes: RawIndex[] }

const actions: Readonly<Record<string, ForeignKeyAction>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
}

/**
 * Reads what the planner needs to know of the database, in five queries. The session must have `search_path =
 * pg_catalog`, as {@link openSession} sets it.
 */
export async function readCatalog(session: Session, options: ReadCatalogOptions): Promise<Catalog> {
  const schemas =
    options.schemas ??
    (await session.query<{ name: string }>(schemaQuery, [options.controlSchema])).rows.map((row) => row.name)
  const login = await session.query<LoginRow>(loginQuery)
  const { rows: version } = await session.query<{ version: string }>(
    "select current_setting('server_version_num') as version",
  )
  const row = login.rows[0] as LoginRow
  return {
    database: row.database,
    serverVersion: Number(version[0]?.version),
    login: { name: row.name, superuser: row.superuser, createRole: row.createRole, memberOf: row.memberOf },
    schemas: await documents<Schema>(session, schemaGrantQuery, schemas),
    tables: (await documents<RawTable>(session, tableQuery, schemas)).map(asTable),
    views: await documents<View>(session, viewQuery, schemas),
    functions: await documents<DefinerFunction>(session, definerFunctionQuery, schemas),
    roles: row.roles,
    superusers: row.superusers,
    dataRoles: (await session.query<{ document: DataRole }>(dataRoleQuery)).rows.map((one) => one.document),
    actors: await documents<Actor>(session, actorQuery, schemas),
  }
}

interface LoginRow {
  database: string
  name: string
  superuser: boolean
  createRole: boolean
  memberOf: string[]
  roles: string[]
  superusers: string[]
}

async function documents<Document>(session: Session, query: string, schemas: readonly string[]): Promise<Document[]> {
  const { rows } = await session.query<{ document: Document }>(query, [schemas])
  return rows.map((row) => row.document)
}

function asTable(raw: RawTable): Table {
  return {
    ...raw,
    foreignKeys: raw.foreignKeys.map((key) => ({
      ...key,
      onDelete: actions[key.onDelete] ?? 'no action',
      onUpdate: actions[key.onUpdate] ?? 'no action',
    })),
    indexes: raw.indexes.map(({ prefix, ...index }) => ({
      ...index,
      // The server wrote both strings by the same rules, so the definition starts with the prefix; parsing it ourselves
      // would go wrong on names that hold quotes or keywords.
      keyAndRest: index.definition.startsWith(prefix) ? index.definition.slice(prefix.length - 1) : '',
    })),
  }
}
