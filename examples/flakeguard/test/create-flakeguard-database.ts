import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'

/** A database with the schema of FlakeGuard and no rows. */
export interface FlakeGuardDatabase extends AsyncDisposable {
  /** Connects as the owner of the tables, who is no superuser: that is how a single-tenant service usually connects. */
  readonly url: string
}

/** @param options.createRole whether the owner may create roles, as a conversion does */
export async function createFlakeGuardDatabase(options: { createRole?: boolean } = {}): Promise<FlakeGuardDatabase> {
  const server = await testServer()
  const owner = await createAppLogin(server.url())
  if (options.createRole === true) await query(server.url(), `alter role ${escapeIdentifier(owner.role)} createrole`)
  const database = await server.createDatabase({ owner: owner.role })
  const { username, password } = new URL(owner.url)
  const url = database.url({ user: username, password: decodeURIComponent(password) })
  await query(url, await readFile(path.join(import.meta.dirname, '../database/schema.sql'), 'utf8'))
  return {
    url,
    async [Symbol.asyncDispose]() {
      await database.drop()
      await owner.drop()
    },
  }
}

/** Runs one statement (or a script without parameters) on a connection of its own. */
export async function query<Row extends object>(url: string, text: string, values?: unknown[]): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query<Row>(text, values)
    return result.rows
  } finally {
    await client.end()
  }
}
