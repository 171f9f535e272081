import { EventEmitter } from 'node:events'
import { createContractDatabase } from '@partywall/testing/contract'
import type { ContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect } from 'kysely'
import type { Dialect, Generated, KyselyPlugin } from 'kysely'
import { Client } from 'pg'
import { DataSource, EntitySchema } from 'typeorm'
import { tenantFilterPlugin } from '../../src/kysely/index.ts'
import { createOutbox } from '../../src/outbox/index.ts'
import type { Outbox } from '../../src/outbox/index.ts'
import { fixtureClientClass } from '../../src/prisma/prisma-client.fixture.ts'
import type { FixtureClient, GeneratedClientClass } from '../../src/prisma/prisma-client.fixture.ts'
import { createTenancy } from '../../src/index.ts'
import type { Tenancy, WriteOptions } from '../../src/index.ts'
import { MapCache } from '../contract/drizzle-cache.ts'
import { repositories } from '../contract/drizzle-schema.ts'

/** The tables of the examples, as Kysely is told them. */
export interface Database {
  readonly repositories: { readonly id: Generated<string>; readonly org_id: Generated<string>; readonly name: string }
  readonly tests: { readonly id: Generated<string>; readonly org_id: Generated<string>; readonly title: string }
}

/** A queue of jobs that keeps them as JSON. */
export interface ExampleQueue {
  readonly send: (name: string, job: object) => Promise<void>
  readonly work: (name: string, handle: (job: { context: unknown; file: string }) => unknown) => Promise<void>
}

/** The names that the examples of this package use without declaring them. */
export interface CoreNames {
  readonly tenancy: Tenancy
  /** It has three repositories, of which one is called alpha. */
  readonly organizationId: string
  readonly outbox: Outbox
  /** A connection of the application, without a tenant. */
  readonly client: Client
  readonly options: WriteOptions
  readonly queue: ExampleQueue
  readonly socket: EventEmitter
  readonly file: string
  readonly importFile: (file: string) => Promise<void>
  readonly store: (message: string) => Promise<unknown>
  readonly selectNames: (ids: readonly string[]) => Promise<readonly string[]>
  readonly kysely: Kysely<Database>
  readonly dialect: Dialect
  readonly plugins: KyselyPlugin[]
  readonly Kysely: typeof Kysely
  readonly PostgresDialect: typeof PostgresDialect
  readonly drizzle: typeof drizzle
  readonly cache: MapCache
  readonly repositories: typeof repositories
  readonly DataSource: typeof DataSource
  readonly Repository: EntitySchema<{ id: string; name: string }>
  readonly PrismaClient: GeneratedClientClass<FixtureClient>
}

/** Opens a tenancy for one example, with an organization that no other example has. */
export interface OpenedCore extends AsyncDisposable {
  readonly appUrl: string
  readonly open: () => Promise<CoreNames & AsyncDisposable>
}

export async function openCore(): Promise<OpenedCore> {
  const PrismaClient = await fixtureClientClass()
  const database = await createContractDatabase(await testServer())
  return {
    appUrl: database.appUrl,
    open: () => openNames(database, PrismaClient),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const Repository = new EntitySchema<{ id: string; name: string }>({
  name: 'Repository',
  tableName: 'repositories',
  columns: { id: { type: 'uuid', primary: true, generated: 'uuid' }, name: { type: 'text' } },
})

async function openNames(
  database: ContractDatabase,
  PrismaClient: CoreNames['PrismaClient'],
): Promise<CoreNames & AsyncDisposable> {
  const { id: organizationId } = await database.createOrganization()
  const tenancy = createTenancy({
    pool: { connectionString: database.appUrl, max: 4 },
    operator: { connectionString: database.operatorUrl, max: 2 },
  })
  const outbox = createOutbox(tenancy)
  await giveUpOne(database, { tenancy, outbox, organizationId })
  const client = new Client({ connectionString: database.appUrl })
  await client.connect()
  const dialect = new PostgresDialect({ pool: tenancy.pool })
  const plugins = [tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] })]
  const insert = (name: string): Promise<unknown> =>
    tenancy.pool.query('insert into repositories (name) values ($1)', [name])
  return {
    tenancy,
    organizationId,
    outbox,
    client,
    options: {},
    queue: createQueue(),
    socket: new EventEmitter(),
    file: 'january.csv',
    importFile: async (file) => void (await insert(file)),
    store: insert,
    selectNames: async (ids) => ids.map((id) => (id === '1' ? 'ada' : 'bob')),
    Kysely,
    PostgresDialect,
    dialect,
    plugins,
    kysely: new Kysely<Database>({ dialect }),
    drizzle,
    cache: new MapCache(),
    repositories,
    DataSource,
    Repository,
    PrismaClient,
    [Symbol.asyncDispose]: async () => {
      await tenancy.close()
      await client.end()
    },
  }
}

/** Leaves one event that was given up, and none that waits. */
async function giveUpOne(
  database: ContractDatabase,
  { tenancy, outbox, organizationId }: Pick<CoreNames, 'tenancy' | 'outbox' | 'organizationId'>,
): Promise<void> {
  await database.admin('update partywall.outbox set delivered_at = now(), dead_at = null')
  await tenancy.run({ organizationId }, () => outbox.append('build.finished' as never, { buildId: '6' } as never))
  await database.admin(
    `update partywall.outbox set dead_at = now(), last_error = 'no such build' where delivered_at is null`,
  )
}

function createQueue(): ExampleQueue {
  const jobs: string[] = []
  return {
    send: async (_, job) => void jobs.push(JSON.stringify(job)),
    work: async (_, handle) => {
      for (const job of jobs.splice(0)) await handle(JSON.parse(job) as { context: unknown; file: string })
    },
  }
}
