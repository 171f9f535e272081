import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { createTenancy } from '@partywall/tenancy-core'
import type { Tenancy } from '@partywall/tenancy-core'
import { createAppLogin } from '@partywall/testing'
import type { PostgresServer } from '@partywall/testing'
import pg from 'pg'

/** A converted database with organizations in it, and a service on it. */
export interface BenchDatabase {
  readonly tenancy: Tenancy
  readonly execute: (sql: string) => Promise<pg.QueryResult>
  /** Reads every page that look-ups and lists may touch, through the buffers that they use. */
  readonly warm: () => Promise<void>
  readonly close: () => Promise<void>
}

/** How much is in it. */
export interface Size {
  readonly organizations: number
  readonly membersEach: number
}

/** Organization `n` has the id `idOf(n)` and the users `u<n * 5>` to `u<n * 5 + membersEach - 1>`: a user is in two. */
export const idOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
export const userOf = (n: number, nth: number): string => `u${n * 5 + nth}`

export async function createBenchDatabase(server: PostgresServer, size: Size): Promise<BenchDatabase> {
  const database = await server.createDatabase()
  const url = database.url()
  const execute = (sql: string): Promise<pg.QueryResult> => executeOn(url, sql)
  await execute('create table projects (id bigint generated always as identity primary key, name text not null)')
  const roles = await convert(url)
  await execute(fillStatements(size))
  await execute('vacuum (freeze, analyze)')
  const app = await createAppLogin(url, { memberOf: [roles.app] })
  const operator = await createAppLogin(url, { memberOf: [roles.operator] })
  const tenancy = createTenancy({
    pool: { connectionString: app.url, max: 16 },
    operator: { connectionString: operator.url, max: 16 },
  })
  const warm = async (): Promise<void> => void (await execute(warmStatements))
  return { tenancy, execute, warm, close: () => tenancy.close() }
}

// Along indexes: a large table that is read from one end to the other passes through a few buffers only.
const warmStatements = `
  set enable_seqscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off;
  select count(name) from partywall.organizations where id >= '00000000-0000-0000-0000-000000000000';
  select count(name) from partywall.organizations where slug >= '';
  select count(role) from partywall.memberships where organization_id >= '00000000-0000-0000-0000-000000000000';
  select count(role) from partywall.memberships where user_id >= '';
  select count(name) from partywall.api_keys where organization_id >= '00000000-0000-0000-0000-000000000000';
  select count(role) from partywall.invitations where organization_id >= '00000000-0000-0000-0000-000000000000';`

async function convert(url: string): Promise<{ readonly app: string; readonly operator: string }> {
  await using session = await openSession({ url, applicationName: 'organizations bench' })
  const { plan } = await readConversion(session, resolveConfig({}))
  await applyPlan({ session, plan, to: 'contract' })
  return plan.settings.roles
}

/** Without triggers, whose work is done here at once: a statement for a million rows is no workload of theirs. */
function fillStatements({ organizations, membersEach }: Size): string {
  const id = `('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
  return `
    set session_replication_role = replica;
    insert into partywall.organizations (id, slug, name, owner_count, member_count)
      select ${id}, 'org-' || lpad(n::text, 9, '0'), 'Organization ' || n, 1, ${membersEach} from generate_series(1, ${organizations}) n;
    insert into partywall.memberships (organization_id, user_id, role)
      select ${id}, 'u' || (n * 5 + m), case m when 0 then 'owner' else 'member' end
      from generate_series(1, ${organizations}) n, generate_series(0, ${membersEach - 1}) m;`
}

/** 10,000 members, keys and invitations more of one organization, and as many keys and invitations of others among them. */
export function crowdedStatements(id: string): string {
  const numbers = 'generate_series(1, 10000) n'
  return `
    set session_replication_role = replica;
    insert into partywall.memberships (organization_id, user_id, role)
      select '${id}', 'v' || lpad(n::text, 5, '0'), 'member' from ${numbers};
    insert into partywall.api_keys (id, organization_id, name, permissions, granted_by)
      select 'k' || lpad(n::text, 15, '0'), '${id}', 'key', '{*:read}', 'u5' from ${numbers};
    insert into partywall.invitations (id, organization_id, email, role, expires_at)
      select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '${id}',
        lpad(n::text, 5, '0') || '@example.com', 'member', '2100-01-01' from ${numbers};
    insert into partywall.api_keys (id, organization_id, name, permissions, granted_by)
      select 'k' || lpad(n::text, 14, '0') || 'x', o.id, 'key', '{*:read}', 'u5'
      from ${numbers} join partywall.organizations o on o.slug = 'org-' || lpad((n % 1000 + 2)::text, 9, '0');
    insert into partywall.invitations (organization_id, email, role, expires_at)
      select o.id, lpad(n::text, 5, '0') || '@example.org', 'member', '2100-01-01'
      from ${numbers} join partywall.organizations o on o.slug = 'org-' || lpad((n % 1000 + 2)::text, 9, '0');
    analyze partywall.memberships, partywall.api_keys, partywall.invitations`
}

async function executeOn(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}
