import type { Session } from '../../database/session.ts'

/** The connection of a check-out: one method of it, and its way back. */
export interface ScopedClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>
  release(error?: Error | boolean): void
}

/**
 * The part of a `Tenancy` that is attacked, typed by what is called: any object that scopes the statements of a pool to
 * an organization in the same way can be.
 */
export interface IsolationScope {
  readonly pool: { connect(): Promise<ScopedClient> }
  run<T>(scope: { readonly organizationId: string }, fn: () => T): T
  bootstrap<T>(fn: () => T): T
}

/** Runs `fn` on one connection, in a transaction that is ended as it says. */
export async function inScopedTransaction<T>(
  { pool }: IsolationScope,
  end: 'commit' | 'rollback',
  fn: (client: ScopedClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    try {
      const result = await fn(client)
      await client.query(end)
      return result
    } catch (error) {
      await client.query('rollback').catch((cause: unknown) => (broken = cause as Error))
      throw error
    }
  } finally {
    client.release(broken)
  }
}

/**
 * Reads the catalog through the application's own pool, with the settings that definitions are read with. A question that
 * is refused leaves the transaction as it was.
 */
export function readAsApplication<T>(
  scope: IsolationScope,
  read: (session: Session & { readonly serverVersion: number }) => Promise<T>,
): Promise<T> {
  return scope.bootstrap(() =>
    inScopedTransaction(scope, 'rollback', async (client) => {
      await client.query('set local search_path = pg_catalog')
      const { rows } = await client.query("select current_setting('server_version_num')::int as version")
      const query = async (text: string, values?: readonly unknown[]): Promise<unknown> =>
        values === undefined ? await client.query(text) : await client.query(text, [...values])
      const [row] = rows as readonly { version: number }[]
      return await read({ serverVersion: row?.version ?? 0, query: query as Session['query'] })
    }),
  )
}
