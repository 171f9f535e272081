import type { Table } from '../catalog/catalog.ts'

/** Tables that tools keep for themselves: they describe the database, they hold nobody's data. */
const byName: Readonly<Record<string, string>> = {
  _prisma_migrations: 'Prisma',
  knex_migrations: 'Knex',
  knex_migrations_lock: 'Knex',
  kysely_migration: 'Kysely',
  kysely_migration_lock: 'Kysely',
  typeorm_metadata: 'TypeORM',
  SequelizeMeta: 'Sequelize',
  SequelizeData: 'Sequelize',
  __drizzle_migrations: 'Drizzle',
  pgmigrations: 'node-pg-migrate',
  mikro_orm_migrations: 'MikroORM',
  flyway_schema_history: 'Flyway',
  databasechangelog: 'Liquibase',
  databasechangeloglock: 'Liquibase',
  schema_migrations: 'a migration tool',
  ar_internal_metadata: 'Rails',
  goose_db_version: 'goose',
  alembic_version: 'Alembic',
}

/** A queue holds jobs of every organization, and its workers take them with a login of their own. */
const bySchema: Readonly<Record<string, Tool>> = {
  graphile_worker: { name: 'graphile-worker', keeps: 'jobs' },
  graphile_migrate: { name: 'graphile-migrate', keeps: 'bookkeeping' },
  pgboss: { name: 'pg-boss', keeps: 'jobs' },
  drizzle: { name: 'Drizzle', keeps: 'bookkeeping' },
}

/** `migrations` is TypeORM's and db-migrate's name for their list, but also a likely name for a host's own table. */
const migrationColumns: Readonly<Record<string, string>> = {
  'id,name,timestamp': 'TypeORM',
  'id,name,run_on': 'db-migrate',
}

/** A tool that keeps tables in the databases of its users. */
export interface Tool {
  readonly name: string
  readonly keeps: 'bookkeeping' | 'jobs'
}

/** The tool that owns the table, when it is one that is known. */
export function toolOf(table: Table): Tool | undefined {
  if (Object.hasOwn(bySchema, table.schema)) return bySchema[table.schema]
  const columns = table.columns.map((column) => column.name).toSorted()
  const name = Object.hasOwn(byName, table.name)
    ? byName[table.name]
    : table.name === 'migrations'
      ? migrationColumns[columns.join()]
      : undefined
  return name === undefined ? undefined : { name, keeps: 'bookkeeping' }
}
