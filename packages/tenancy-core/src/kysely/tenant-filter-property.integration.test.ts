import * as fc from 'fast-check'
import { Kysely, PostgresDialect } from 'kysely'
import type { Transaction } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { buildQuery, randomSelect, randomWrite } from './random-query.fixture.ts'
import type { RandomQuery, RandomSchema } from './random-query.fixture.ts'
import { tenantFilterPlugin } from './tenant-filter-plugin.ts'

// The same queries on every machine; another seed searches elsewhere, more runs search longer.
const search = {
  seed: Number(process.env['PARTYWALL_PROPERTY_SEED'] ?? 1),
  numRuns: Number(process.env['PARTYWALL_PROPERTY_RUNS'] ?? 250),
}

// Random joins may multiply without bound: a query that takes longer is not compared.
const statementTimeoutMs = 1000
const canceled = '57014'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
/** The owner, whom row level security does not bind: the plugin alone isolates. */
let owner: Kysely<RandomSchema>
/** The app, without the plugin: row level security alone isolates. */
let app: Kysely<RandomSchema>
/** Builds and adds nothing. */
let plain: Kysely<RandomSchema>

beforeAll(async () => {
  database = await createTenantDatabase(2)
  first = database.organizations[0] as string
  await database.admin(schema(database.appRole, database.organizations))
  tenancy = database.open({ pool: { statement_timeout: statementTimeoutMs } })
  const plugin = tenantFilterPlugin({ tenancy, tables: ['repositories', 'public.tests'] })
  const dialect = new PostgresDialect({
    pool: new Pool({ connectionString: database.adminUrl, max: 1, statement_timeout: statementTimeoutMs }),
  })
  plain = new Kysely<RandomSchema>({ dialect })
  owner = plain.withPlugin(plugin)
  app = new Kysely<RandomSchema>({ dialect: new PostgresDialect({ pool: tenancy.pool }) })
})

afterAll(async () => {
  await plain.destroy()
  await database[Symbol.asyncDispose]()
})

describe('tenantFilterPlugin as the owner, without row level security', { timeout: 180_000 }, () => {
  it('gives what row level security gives for random queries', async () => {
    await fc.assert(fc.asyncProperty(randomSelect, fc.boolean(), assertSame), search)
  })

  it('writes what row level security lets write, for random writes', async () => {
    await fc.assert(fc.asyncProperty(randomWrite, fc.boolean(), assertSame), search)
  })
})

interface TenantRow {
  readonly id: number
  readonly org_id: string
  readonly ref: number
  readonly name: string
}

interface Selected {
  execute(): Promise<readonly TenantRow[]>
}

interface Outcome {
  readonly rows: readonly string[]
  readonly own: readonly string[]
}

async function assertSame(query: RandomQuery, ownBuilders: boolean): Promise<void> {
  const others = await foreignRows(plain)
  const [walled, filtered] = await tenancy.run({ organizationId: first }, async () => [
    await outcome(app, plain, query),
    await outcome(owner, ownBuilders ? owner : plain, query, others),
  ])
  fc.pre(
    ![walled, filtered].some((result) => result !== undefined && 'sqlState' in result && result.sqlState === canceled),
  )
  expect(filtered).toEqual(walled)
}

/** Runs a query in a transaction that is rolled back: its rows, and the tenant's afterwards. */
async function outcome(
  db: Kysely<RandomSchema>,
  builders: Kysely<RandomSchema>,
  query: RandomQuery,
  others?: readonly string[],
): Promise<Outcome | { readonly sqlState: string }> {
  const transaction = await db.startTransaction().execute()
  try {
    const executor = transaction.getExecutor()
    const queryId = { queryId: 'random' }
    const node = executor.transformQuery(buildQuery(builders, query).toOperationNode() as never, queryId)
    const { rows } = await executor.executeQuery(executor.compileQuery(node, queryId))
    if (others !== undefined) expect(await foreignRows(transaction)).toEqual(others)
    return { rows: sorted(rows), own: await ownRows(transaction) }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === undefined) throw error
    return { sqlState: code }
  } finally {
    await transaction.rollback().execute()
  }
}

async function ownRows(db: Transaction<RandomSchema>): Promise<readonly string[]> {
  return sorted(await read(db, '=').execute())
}

async function foreignRows(db: Kysely<RandomSchema>): Promise<readonly string[]> {
  return sorted(await read(db.withoutPlugins(), '!=').execute())
}

function read(db: Kysely<RandomSchema>, operator: '=' | '!='): Selected {
  const all = db.withTables<Record<'repositories' | 'tests', TenantRow>>()
  const part = (table: 'repositories' | 'tests') => all.selectFrom(table).selectAll().where('org_id', operator, first)
  return part('repositories').unionAll(part('tests'))
}

function sorted(rows: readonly unknown[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

/** Ids and references of both tenants overlap, so that a join without the filter meets rows of the other. */
function schema(appRole: string, organizations: readonly string[]): string {
  const [first, second] = organizations
  const columns = 'id int not null, ref int, name text not null'
  const table = (name: string): string => `
    create table ${name} (org_id uuid not null default partywall.current_tenant_id(), ${columns}, unique (org_id, id));
    create policy tenant_access on ${name} for all to ${appRole} using (true) with check (true);
    create policy tenant_isolation on ${name} as restrictive for all to ${appRole}
      using (org_id = (select partywall.require_tenant_id()))
      with check (org_id = (select partywall.require_tenant_id()));
    alter table ${name} enable row level security;
    grant select, insert, update, delete on ${name} to ${appRole};
    insert into ${name} (org_id, id, ref, name)
      select '${first}', n, (n * 7 + length('${name}')) % 4, 'a' || n % 2 from generate_series(0, 3) n;
    insert into ${name} (org_id, id, ref, name)
      select '${second}', n, (n * 5 + length('${name}')) % 6, 'b' || n % 2 from generate_series(1, 6) n;`
  return `
    drop table repositories;
    ${table('repositories')}
    ${table('tests')}
    create table plans (${columns});
    insert into plans select n, n % 3, 'p' || n from generate_series(0, 4) n;
    create table recent as select * from plans where id < 3;
    grant select on plans, recent to ${appRole};`
}
