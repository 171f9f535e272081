import { describe, expect, it } from 'vitest'
import type { Catalog, Column, ForeignKey, Table } from '../catalog/catalog.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { classifyTables } from './classify-tables.ts'

const column = (name: string, type = 'text'): Column => ({
  name,
  type,
  baseType: type,
  notNull: true,
  default: null,
  identity: '',
  generated: false,
})

function table(name: string, rest: Partial<Table> = {}): Table {
  return {
    schema: 'public',
    name,
    kind: 'table',
    parents: [],
    partitionColumns: null,
    bound: null,
    owner: 'owner',
    extension: null,
    estimatedRows: 10,
    columnLists: [],
    rowSecurity: false,
    forceRowSecurity: false,
    columns: [column('id')],
    keys: [],
    indexes: [],
    foreignKeys: [],
    constraints: [],
    policies: [],
    triggers: [],
    grants: [],
    columnGrants: [],
    rules: [],
    sequences: [],
    comment: null,
    ...rest,
  }
}

const references = (name: string): ForeignKey => ({
  name: `to_${name}`,
  columns: [`${name}_id`],
  references: { schema: 'public', name },
  referencedColumns: ['id'],
  onDelete: 'no action',
  onUpdate: 'no action',
  onDeleteColumns: [],
  match: 'simple',
  deferrable: false,
  deferred: false,
  validated: true,
  comparisons: [],
  temporal: false,
  enforced: true,
  parent: null,
  comment: null,
  definition: '',
})

const users = table('users', {
  columns: [column('id'), column('email')],
  keys: [
    {
      name: 'users_pkey',
      kind: 'primary',
      columns: ['id'],
      deferrable: false,
      deferred: false,
      definition: '',
      comment: null,
      temporal: false,
      inherited: false,
      dependents: [],
    },
  ],
  indexes: [
    {
      name: 'users_email',
      method: 'btree',
      unique: true,
      valid: true,
      constraint: null,
      columns: ['email'],
      expressions: ['email'],
      predicate: null,
      nullsNotDistinct: false,
      parent: null,
      replicaIdentity: false,
      clustered: false,
      width: 1,
      comment: null,
      statistics: {},
      definition: '',
      keyAndRest: '(email)',
    },
  ],
})

const catalogOf = (...tables: Table[]): Catalog => ({
  database: 'd',
  serverVersion: 180000,
  login: { name: 'owner', superuser: false, createRole: true, maySilenceTriggers: false, rightsOf: [] },
  databaseAccess: { owner: 'owner', grants: [] },
  schemas: [],
  tables,
  views: [],
  functions: [],
  roles: [],
  superusers: [],
  outside: { tables: [], functions: [] },
  rowFunctions: [],
  freeSequences: [],
  openDefaults: [],
  dataRoles: [],
  actors: [],
})

function classes(catalog: Catalog, tables: object = {}): Record<string, string> {
  return Object.fromEntries(
    classifyTables(catalog, resolveConfig({ tables })).map((one) => [one.table.name, one.class]),
  )
}

describe('classifyTables', () => {
  it('isolates what it does not know', () => {
    expect(classes(catalogOf(table('album'), table('genre')))).toEqual({ album: 'tenant', genre: 'tenant' })
  })

  it('knows the people by their name and their unique e-mail address', () => {
    expect(classes(catalogOf(users, table('tasks', { foreignKeys: [references('users')] })))).toEqual({
      users: 'user',
      tasks: 'tenant',
    })
    expect(classes(catalogOf(table('users')))).toEqual({ users: 'tenant' })
  })

  it.each(['_prisma_migrations', 'knex_migrations', 'SequelizeMeta', 'flyway_schema_history'])('skips %s', (name) => {
    expect(classes(catalogOf(table(name)))).toEqual({ [name]: 'skipped' })
  })

  it('takes a table called migrations for bookkeeping only when it looks like one', () => {
    const typeorm = table('migrations', { columns: [column('id'), column('timestamp'), column('name')] })
    expect(classes(catalogOf(typeorm))).toEqual({ migrations: 'skipped' })
    expect(classes(catalogOf(table('migrations', { columns: [column('id'), column('bird')] })))).toEqual({
      migrations: 'tenant',
    })
  })

  it('takes what the configuration says as said', () => {
    expect(classes(catalogOf(table('genre'), table('log')), { shared: ['genre'], skipped: ['public.log'] })).toEqual({
      genre: 'shared',
      log: 'skipped',
    })
  })

  it('refuses a configuration that names what is not there, or a thing twice', () => {
    expect(() => classes(catalogOf(table('genre')), { shared: ['genres'] })).toThrowError(
      expect.objectContaining({ code: 'TABLE_UNKNOWN' }),
    )
    expect(() => classes(catalogOf(table('genre')), { shared: ['genre'], tenant: ['genre'] })).toThrowError(
      expect.objectContaining({ code: 'TABLE_UNKNOWN' }),
    )
  })

  it('refuses to share a table that references tenant data', () => {
    const track = table('track', { foreignKeys: [references('album')] })
    expect(() => classes(catalogOf(table('album'), track), { shared: ['track'] })).toThrowError(
      expect.objectContaining({ code: 'CLASSIFICATION_CONFLICT' }),
    )
  })
})
