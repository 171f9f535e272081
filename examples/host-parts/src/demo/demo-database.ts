import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { startPostgres } from '@partywall/testing'

/** A PostgreSQL of which nothing remains, with an empty database of a single-tenant service on it. */
export interface DemoDatabase extends AsyncDisposable {
  /** What the service connects as today: the owner of its tables. */
  readonly ownerUrl: string
  /** Makes a login, a member of one role. Gives its URL. */
  login(name: string, role: string): Promise<string>
}

/** What the database is called, as is its owner, and the file with its schema. */
export interface DemoDatabaseOptions {
  readonly name: string
  readonly schema: URL
}

export async function startDemoDatabase({ name, schema }: DemoDatabaseOptions): Promise<DemoDatabase> {
  const server = await startPostgres({ source: 'embedded' })
  const password = randomBytes(16).toString('hex')
  await select(server.url(), `create role ${name} login createrole password '${password}'`)
  const database = await server.createDatabase({ name, owner: name })
  const ownerUrl = database.url({ user: name, password })
  await select(ownerUrl, await readFile(schema, 'utf8'))
  return {
    ownerUrl,
    async login(login, role) {
      const secret = randomBytes(16).toString('hex')
      await select(server.url(), `create role ${login} login password '${secret}' in role "${role}"`)
      return database.url({ user: login, password: secret })
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

/** Runs a statement, or a script, on a connection of its own. */
export async function select<Row extends Record<string, unknown>>(
  url: string,
  text: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(text, values)
    return rows
  } finally {
    await client.end()
  }
}
