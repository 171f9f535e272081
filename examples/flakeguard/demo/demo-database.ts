import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { startPostgres } from '@partywall/testing'

const OWNER = 'flakeguard'

/** A PostgreSQL of which nothing remains, with an empty FlakeGuard on it, as a single-tenant service has it. */
export interface DemoDatabase extends AsyncDisposable {
  /** What the service connects as today: the owner of its tables. */
  readonly ownerUrl: string
  /** Makes a login, a member of one role. */
  login(name: string, role: string): Promise<string>
}

export async function startDemoDatabase(): Promise<DemoDatabase> {
  const server = await startPostgres({ source: 'embedded' })
  const password = randomBytes(16).toString('hex')
  await execute(server.url(), `create role ${OWNER} login createrole password '${password}'`)
  const database = await server.createDatabase({ name: 'flakeguard', owner: OWNER })
  const ownerUrl = database.url({ user: OWNER, password })
  await execute(ownerUrl, await readFile(new URL('../database/schema.sql', import.meta.url), 'utf8'))
  return {
    ownerUrl,
    async login(name, role) {
      const secret = randomBytes(16).toString('hex')
      await execute(server.url(), `create role ${name} login password '${secret}' in role "${role}"`)
      return database.url({ user: name, password: secret })
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

/** Runs statements on a connection of their own. */
export async function execute(url: string, text: string): Promise<void> {
  await select(url, text)
}

export async function select<Row extends Record<string, unknown>>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(text)
    return rows
  } finally {
    await client.end()
  }
}
