import { createHash } from 'node:crypto'
import { escapeIdentifier } from 'pg'
import { connectionUrl } from './postgres-server.ts'
import { withClient } from './with-client.ts'

/** A database that is prepared once per run and then cloned. */
export interface TemplateDatabase {
  /** The run's own prefix, so that two runs on one server never share a template. */
  readonly prefix: string
  /** What the template is called among the templates of the run. */
  readonly name: string
  /** Fills the new database. It must end every connection it opens: a database in use cannot be cloned. */
  readonly prepare: (url: string) => Promise<void>
}

/**
 * Makes sure that the template exists and returns its database name. Test files run in processes of their own and may
 * ask at the same moment: an advisory lock lets one prepare it while the others wait. A failed preparation leaves
 * nothing, and the next who asks tries again.
 */
export async function ensureTemplate(adminUrl: string, template: TemplateDatabase): Promise<string> {
  const digest = createHash('sha256').update(template.name).digest('hex').slice(0, 12)
  const database = `${template.prefix}_${digest}`
  const identifier = escapeIdentifier(database)
  await withClient({ connectionString: adminUrl }, async (client) => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [database])
    // The lock ends with this connection. Only a finished template refuses connections.
    const { rows } = await client.query('select 1 from pg_database where datname = $1 and not datallowconn', [database])
    if (rows.length > 0) return
    await client.query(`drop database if exists ${identifier} with (force)`)
    await client.query(`create database ${identifier}`)
    await template.prepare(connectionUrl(adminUrl, { database }))
    await client.query(`alter database ${identifier} with allow_connections false`)
  })
  return database
}

/** Drops the templates of a run. */
export async function dropTemplates(adminUrl: string, prefix: string): Promise<void> {
  await withClient({ connectionString: adminUrl }, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [prefix],
    )
    for (const { name } of rows) await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`)
  })
}
