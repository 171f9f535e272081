import { Client } from 'pg'
import { createAppLogin, type PostgresServer } from '@partywall/testing'

/** Teams, their projects, and events that only their project tells the team of. */
const schema = (rows: number): readonly string[] => [
  'create table teams (id bigint primary key, name text not null)',
  'create table projects (id bigint primary key, team_id bigint not null references teams, name text not null)',
  `create table events (id bigserial primary key, project_id bigint not null references projects, kind text not null,
     payload text not null, at timestamptz not null default now())`,
  "insert into teams select n, 'team ' || n from generate_series(1, 100) n",
  "insert into projects select n, 1 + n % 100, 'project ' || n from generate_series(1, 2000) n",
  `insert into events (project_id, kind, payload) select 1 + (n::bigint * 7919) % 2000, 'kind ' || n % 20, repeat(md5(n::text), 3) from generate_series(1, ${rows}) n`,
  'create index events_project_at_idx on events (project_id, at)',
  'vacuum (freeze, analyze)',
  'checkpoint',
]

/** A server with one database that the others are copies of, so that every measurement meets the same files. */
export interface ServiceDatabases {
  /** A fresh copy, by the connection string of its owner. */
  copy(): Promise<{ readonly ownerUrl: string; readonly adminUrl: string } & AsyncDisposable>
}

export async function createServiceDatabases(server: PostgresServer, rows: number): Promise<ServiceDatabases> {
  const owner = await createAppLogin(server.url())
  const { username, password } = new URL(owner.url)
  const template = await server.createDatabase()
  await run(template.url(), [
    ...schema(rows),
    ...['teams', 'projects', 'events'].map((table) => `alter table ${table} owner to "${owner.role}"`),
  ])
  await run(server.url(), [`alter role "${owner.role}" createrole`])
  let copies = 0
  return {
    async copy() {
      copies += 1
      const name = `copy_${rows}_${copies}`
      await run(server.url(), [
        `create database ${name} template "${template.name}" owner "${owner.role}"`,
        'checkpoint',
      ])
      const adminUrl = new URL(server.url())
      adminUrl.pathname = `/${name}`
      const ownerUrl = new URL(adminUrl)
      ownerUrl.username = username
      ownerUrl.password = password
      return {
        adminUrl: adminUrl.href,
        ownerUrl: ownerUrl.href,
        [Symbol.asyncDispose]: () => run(server.url(), [`drop database ${name} with (force)`]),
      }
    },
  }
}

/** Each statement by itself: some do not run in a transaction. */
export async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

export async function queryRow<Row extends object>(url: string, text: string): Promise<Row> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(text)
    return rows[0] as Row
  } finally {
    await client.end()
  }
}
