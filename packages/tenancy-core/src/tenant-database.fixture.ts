import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { Client } from 'pg'
import type { QueryResult } from 'pg'
import { createTenancy } from './tenancy.ts'
import type { Tenancy } from './tenancy.ts'
import type { TenancyOptions } from './tenancy-options.ts'

const rowsEach = 5
const closeTimeoutMs = 3000

/** A database in the shape that a conversion leaves behind, with an app login that row level security binds. */
export interface TenantDatabase extends AsyncDisposable {
  readonly adminUrl: string
  readonly appUrl: string
  readonly operatorUrl: string
  readonly appRole: string
  readonly name: string
  /** Organization ids; each owns five repositories. */
  readonly organizations: readonly string[]
  /** Runs SQL as the owner of everything. */
  admin(sql: string, values?: unknown[]): Promise<QueryResult>
  /** A tenancy that is closed with the database. */
  open(options?: Partial<TenancyOptions>): Tenancy
}

/** Creates the database, `count` organizations and their rows. */
export async function createTenantDatabase(count: number): Promise<TenantDatabase> {
  const server = await testServer()
  const database = await server.createDatabase()
  const adminUrl = database.url()
  const name = new URL(adminUrl).pathname.slice(1)
  const appRole = `partywall_${name}_app`
  const admin = async (sql: string, values?: unknown[]): Promise<QueryResult> => {
    const client = new Client({ connectionString: adminUrl })
    await client.connect()
    try {
      return await client.query(sql, values)
    } finally {
      await client.end()
    }
  }
  const organizations = Array.from({ length: count }, () => randomUUID())
  await admin(await schemaSql(name))
  await admin(
    `insert into repositories (org_id, name)
     select o::uuid, 'repository ' || n from unnest($1::text[]) o, generate_series(1, ${rowsEach}) n`,
    [organizations],
  )
  const app = await createAppLogin(adminUrl, { memberOf: [appRole] })
  const operator = await createAppLogin(adminUrl, { memberOf: [`partywall_${name}_operator`] })
  const opened: Tenancy[] = []
  return {
    adminUrl,
    appUrl: app.url,
    operatorUrl: operator.url,
    appRole,
    name,
    organizations,
    admin,
    open: (options = {}) => {
      const tenancy = createTenancy({
        operator: { connectionString: operator.url, max: 2 },
        ...options,
        pool: { connectionString: app.url, max: 4, ...options.pool },
      })
      opened.push(tenancy)
      return tenancy
    },
    [Symbol.asyncDispose]: async () => {
      // A test that failed may hold a client, which closing waits for.
      const closed = Promise.all(opened.map((tenancy) => tenancy.close()))
      await Promise.race([closed, setTimeout(closeTimeoutMs)])
      await app.drop()
      await operator.drop()
      await database[Symbol.asyncDispose]()
    },
  }
}

async function schemaSql(database: string): Promise<string> {
  const roles = ['app', 'operator', 'definer'].map((role) => `partywall_${database}_${role}`)
  const [app, operator] = roles
  const directory = new URL('../../../migrations/', import.meta.url)
  const files = ['0001_tenant_context.up.sql', '0002_organizations.up.sql']
  const sql = await Promise.all(files.map((file) => readFile(new URL(file, directory), 'utf8')))
  const named = sql
    .join('\n')
    .replaceAll(/\/\* ROLE (\w+) \*\/\w+/g, (_, role: string) => `partywall_${database}_${role}`)
  return `
    ${roles.map((role) => `create role ${role} nologin;`).join('\n')}
    ${named}
    create table repositories (
      id uuid primary key default gen_random_uuid(),
      org_id uuid not null default partywall.current_tenant_id(),
      name text not null,
      unique (org_id, name)
    );
    create policy tenant_access on repositories for all to ${app} using (true) with check (true);
    create policy tenant_isolation on repositories as restrictive for all to ${app}
      using (org_id = (select partywall.require_tenant_id()))
      with check (org_id = (select partywall.require_tenant_id()));
    create policy operator_access on repositories for all to ${operator} using (true) with check (true);
    alter table repositories enable row level security;
    grant select, insert, update, delete on repositories to ${app}, ${operator};
    grant create on schema public to ${app};`
}
