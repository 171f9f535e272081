import type { Session } from '../database/session.ts'
import type {
  Actor,
  Catalog,
  DataRole,
  DefinerFunction,
  ForeignKey,
  ForeignKeyAction,
  Index,
  OpenDefault,
  RowFunction,
  Schema,
  Sequence,
  Table,
  View,
} from './catalog.ts'
import {
  actorQuery,
  dataRoleQuery,
  definerFunctionQuery,
  freeSequenceQuery,
  loginQuery,
  openDefaultQuery,
  rowFunctionQuery,
  schemaGrantQuery,
  schemaQuery,
  silenceQuery,
  tableQuery,
  viewQuery,
} from './catalog-queries.ts'
import { sameName } from '../sql/identifier.ts'

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
 * Reads what the planner needs to know of the database, in a dozen queries. The session must have `search_path =
 * pg_catalog`, as {@link openSession} sets it.
 *
 * @example
 * ```ts
 * const { tables } = await readCatalog(session, { controlSchema: 'partywall' })
 * tables.map(({ name }) => name) // ['projects', 'users']
 * ```
 */
export async function readCatalog(session: Session, options: ReadCatalogOptions): Promise<Catalog> {
  const { rows: host } = await session.query<{ name: string }>(schemaQuery, [options.controlSchema])
  const all = host.map((one) => one.name)
  const schemas = options.schemas ?? all
  const others = all.filter((schema) => !schemas.includes(schema))
  const login = await session.query<LoginRow>(loginQuery)
  const { rows: version } = await session.query<{ version: string }>(
    "select current_setting('server_version_num') as version",
  )
  const row = login.rows[0] as LoginRow
  const serverVersion = Number(version[0]?.version)
  const { rows: silence } = await session.query<{ silence: boolean }>(silenceQuery(serverVersion))
  const views = viewsOver(await documents<View>(session, viewQuery, [...schemas, ...others]), schemas)
  const outsideTables = (await documents<RawTable>(session, tableQuery, others)).map(asTable)
  return {
    database: row.database,
    databaseAccess: row.databaseAccess,
    serverVersion,
    login: {
      name: row.name,
      superuser: row.superuser,
      createRole: row.createRole,
      rightsOf: row.rightsOf,
      maySilenceTriggers: silence[0]?.silence === true,
    },
    schemas: await documents<Schema>(session, schemaGrantQuery, [
      ...new Set([...schemas, ...views.map((view) => view.schema)]),
    ]),
    tables: (await documents<RawTable>(session, tableQuery, schemas)).map(asTable),
    views,
    functions: await documents<DefinerFunction>(session, definerFunctionQuery, schemas),
    outside: {
      tables: outsideTables.filter((table) => table.foreignKeys.some((key) => schemas.includes(key.references.schema))),
      functions: await documents<DefinerFunction>(session, definerFunctionQuery, others),
    },
    rowFunctions: await documents<RowFunction>(session, rowFunctionQuery, [...schemas, ...others]),
    openDefaults: await readOpenDefaults(session),
    freeSequences: await documents<Sequence>(session, freeSequenceQuery, schemas),
    roles: row.roles,
    superusers: row.superusers,
    dataRoles: (await session.query<{ document: DataRole }>(dataRoleQuery)).rows.map((one) => one.document),
    actors: await documents<Actor>(session, actorQuery, schemas),
  }
}

export async function readOpenDefaults(session: Session): Promise<readonly OpenDefault[]> {
  return (await session.query<{ document: OpenDefault }>(openDefaultQuery)).rows.map((row) => row.document)
}

/** The views of the schemas, and those of all others that read from them, directly or through other views. */
function viewsOver(views: readonly View[], schemas: readonly string[]): readonly View[] {
  const found = new Set(views.filter((view) => schemas.includes(view.schema)))
  let before = -1
  while (found.size > before) {
    before = found.size
    for (const view of views) {
      const reaches = view.reads.some(
        (read) => schemas.includes(read.schema) || [...found].some((one) => sameName(one, read)),
      )
      if (reaches) found.add(view)
    }
  }
  return views.filter((view) => found.has(view))
}

interface LoginRow {
  database: string
  databaseAccess: Catalog['databaseAccess']
  name: string
  superuser: boolean
  createRole: boolean
  rightsOf: string[]
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
