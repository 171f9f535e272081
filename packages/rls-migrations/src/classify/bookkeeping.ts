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

const bySchema: Readonly<Record<string, string>> = {
  graphile_worker: 'graphile-worker',
  pgboss: 'pg-boss',
  drizzle: 'Drizzle',
}

/** `migrations` is TypeORM's and db-migrate's name for their list, but also a likely name for a host's own table. */
const migrationColumns: Readonly<Record<string, string>> = {
  'id,name,timestamp': 'TypeORM',
  'id,name,run_on': 'db-migrate',
}

/** The tool that owns the table, when it is one that is known. */
export function bookkeepingTool(table: Table): string | undefined {
  if (Object.hasOwn(byName, table.name)) return byName[table.name]
  if (Object.hasOwn(bySchema, table.schema)) return bySchema[table.schema]
  if (table.name !== 'migrations') return undefined
  return migrationColumns[
    table.columns
      .map((column) => column.name)
      .toSorted()
      .join()
  ]
}
