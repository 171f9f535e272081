import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import { generatedClientClass } from './prisma-client.fixture.ts'
import type { GeneratedClientClass } from './prisma-client.fixture.ts'

type Operation =
  | 'findUnique'
  | 'findUniqueOrThrow'
  | 'findFirst'
  | 'findMany'
  | 'count'
  | 'aggregate'
  | 'groupBy'
  | 'create'
  | 'createMany'
  | 'createManyAndReturn'
  | 'update'
  | 'updateMany'
  | 'updateManyAndReturn'
  | 'upsert'
  | 'delete'
  | 'deleteMany'

/** A row as Prisma returns it, or what else an operation answers with. */
export type Answer = Readonly<Record<string, unknown>>

type FilterModel = { readonly [Name in Operation]: (args?: object) => PromiseLike<Answer> & Promise<Answer> }

/** The generated client, typed loosely: callers may leave out what the types ask for. */
export interface FilterClient extends Record<'repository' | 'settings' | 'test' | 'person' | 'label', FilterModel> {
  $transaction(queries: readonly PromiseLike<unknown>[], options?: object): Promise<readonly Answer[]>
  $transaction<T>(fn: (client: FilterClient) => Promise<T>, options?: object): Promise<T>
  $queryRawUnsafe(sql: string, ...values: unknown[]): Promise<readonly Answer[]>
  $queryRawTyped(query: object): Promise<readonly Answer[]>
  $extends(extension: object): FilterClient
  $on(event: 'query', listener: (event: { readonly query: string; readonly params: string }) => void): FilterClient
  $disconnect(): Promise<void>
}

export async function filterClientClass(): Promise<GeneratedClientClass<FilterClient>> {
  return await generatedClientClass('filter-fixture')
}

const tables = ['repositories', 'settings', 'tests', 'labels']

/** The id of a row, the same in every organization. */
export function idOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

/**
 * The tables of the schema in `filter-fixture`. The rows of all organizations have the same ids and names, so that a
 * query without the tenant meets those of others; the key of labels is the database's, and they alone differ.
 */
export async function createFilterDatabase(count: number): Promise<TenantDatabase> {
  const database = await createTenantDatabase(count)
  await database.admin(ddl(database.appRole))
  for (const [index, organizationId] of database.organizations.entries()) {
    await database.admin(rows(organizationId, 100 * (index + 1)))
  }
  return database
}

function ddl(appRole: string): string {
  const column =
    'org_id uuid not null default partywall.current_tenant_id(), id uuid not null default gen_random_uuid()'
  return `
    drop table repositories;
    create table people (id uuid primary key default gen_random_uuid(), email text unique not null);
    create table repositories (${column}, name text not null, stars int not null default 0,
      primary key (org_id, id), unique (org_id, name));
    create table settings (org_id uuid not null default partywall.current_tenant_id(), repository_id uuid not null,
      threshold int not null default 0, primary key (org_id, repository_id),
      foreign key (org_id, repository_id) references repositories on delete cascade);
    create table tests (${column}, repository_id uuid not null, parent_id uuid, owner_id uuid references people,
      title text not null, primary key (org_id, id),
      foreign key (org_id, repository_id) references repositories on delete cascade,
      foreign key (org_id, parent_id) references tests);
    create table labels (${column}, name text not null, test_id uuid, primary key (id), unique (org_id, name),
      foreign key (org_id, test_id) references tests on delete cascade);
    grant select, insert, update, delete on people to ${appRole};
    ${tables.map((table) => policies(table, appRole)).join('')}
    insert into people (id, email) select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'p' || n
      from generate_series(1, 3) n;`
}

function policies(table: string, appRole: string): string {
  return `
    create policy tenant_access on ${table} for all to ${appRole} using (true) with check (true);
    create policy tenant_isolation on ${table} as restrictive for all to ${appRole}
      using (org_id = (select partywall.require_tenant_id()))
      with check (org_id = (select partywall.require_tenant_id()));
    alter table ${table} enable row level security;
    grant select, insert, update, delete on ${table} to ${appRole};`
}

/** Repositories 1 to 4, tests 1 to 8 that hang on them, on each other and on people, and labels of its own. */
function rows(organizationId: string, labels: number): string {
  const id = (n: string): string => `('00000000-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`
  return `
    insert into repositories (org_id, id, name, stars)
      select '${organizationId}', ${id('n')}, 'r' || n, n from generate_series(1, 4) n;
    insert into settings (org_id, repository_id, threshold)
      select '${organizationId}', ${id('n')}, n from generate_series(1, 3) n;
    insert into tests (org_id, id, repository_id, parent_id, owner_id, title)
      select '${organizationId}', ${id('n')}, ${id('1 + n % 4')}, case when n % 3 = 0 then ${id('n - 1')} end,
        case when n % 2 = 0 then ${id('1 + n % 3')} end, 't' || n % 4 from generate_series(1, 8) n;
    insert into labels (org_id, id, name, test_id)
      select '${organizationId}', ${id(`${labels} + n`)}, 'l' || n, ${id('n')} from generate_series(1, 4) n;`
}
