import { setTimeout } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import Cursor from 'pg-cursor'
import { isTenancyError } from '../../src/index.ts'
import type { BatchStatement } from '../../src/index.ts'
import type { SoakOrganization, SoakTarget } from './soak-target.ts'
import type { SoakTally } from './soak-report.ts'

/** What one turn of a worker has at hand. */
export interface Turn {
  readonly target: SoakTarget
  readonly tally: SoakTally
  /** In scope, except where the work says otherwise. */
  readonly own: SoakOrganization
  readonly other: SoakOrganization
}

/** One kind of work; it may fail in any way, as long as it shows no foreign row. */
export type Work = (turn: Turn) => Promise<unknown>

const byId = 'select org_id from repositories where id = $1'
const everyRow = 'select org_id from repositories'

async function withClient(turn: Turn, work: (client: PoolClient) => Promise<unknown>): Promise<void> {
  const client = await turn.target.pool.connect()
  try {
    await work(client)
  } finally {
    client.release()
  }
}

async function readAll({ tally, own }: Turn, client: Pick<PoolClient, 'query'>): Promise<void> {
  tally.rows((await client.query(everyRow)).rows, own.id, 1)
}

/** The rows of each statement of a batch; fails as the statement did. */
async function readBatch({ target }: Turn, statements: readonly BatchStatement[]): Promise<{ org_id?: unknown }[][]> {
  try {
    return ((await target.pool.batch?.(statements)) ?? []).map(({ rows }) => rows as { org_id?: unknown }[])
  } catch (error) {
    throw isTenancyError(error, 'BATCH_FAILED') ? error.cause : error
  }
}

/** Work in the scope of an organization. */
export const scopedWork: Readonly<Record<string, Work>> = {
  'own row': async ({ target, tally, own }) =>
    tally.rows((await target.pool.query(byId, [own.repositoryId])).rows, own.id, 1),
  'own row again': async ({ target, tally, own }) =>
    tally.rows((await target.pool.query(byId, [own.repositoryId])).rows, own.id, 1),
  'foreign row': async ({ target, tally, own, other }) => {
    const { rows } = await target.pool.query(byId, [other.repositoryId])
    tally.rows(rows, own.id)
  },
  'every row': async (turn) => await readAll(turn, turn.target.pool),
  write: async ({ target, tally, own, other }) => {
    const sql = 'update repositories set name = name where id = any($1) returning org_id'
    tally.rows((await target.pool.query(sql, [[own.repositoryId, other.repositoryId]])).rows, own.id, 1)
  },
  error: async ({ target }) => await target.pool.query('select 1 / 0 from repositories'),
  transaction: async (turn) =>
    await withClient(turn, async (client) => {
      await client.query('begin')
      await readAll(turn, client)
      await client.query(`insert into tests (repository_id, title) values ($1, 'soak')`, [turn.own.repositoryId])
      await readAll(turn, client)
      await client.query(Math.random() < 0.5 ? 'commit' : 'rollback')
    }),
  savepoints: async (turn) =>
    await withClient(turn, async (client) => {
      await client.query('begin')
      await client.query('savepoint a')
      await client.query(Math.random() < 0.5 ? 'select 1 / 0' : everyRow).catch(() => {})
      await client.query('rollback to savepoint a')
      await readAll(turn, client)
      await client.query('commit')
    }),
  'error in a transaction': async (turn) =>
    await withClient(turn, async (client) => {
      await client.query('begin')
      await client.query('select 1 / 0').catch((error: unknown) => turn.tally.error(error))
      await client.query(everyRow).catch((error: unknown) => turn.tally.error(error))
      await client.query('rollback')
      await readAll(turn, client)
    }),
  'COMMIT of the caller': async (turn) =>
    await withClient(turn, async (client) => {
      await client.query('begin')
      await readAll(turn, client)
      await client.query('commit and chain')
      await readAll(turn, client)
      await client.query('commit')
      await readAll(turn, client)
    }),
  'BEGIN on the pool': async ({ target }) => await target.pool.query('begin'),
  'COMMIT in a block': async ({ target }) =>
    await target.pool.query(`do $$ begin commit; perform from repositories; end $$`),
  'released in a transaction': async (turn) =>
    await withClient(turn, async (client) => {
      await client.query('begin')
      await readAll(turn, client)
    }),
  'released while it runs': async (turn) => {
    const client = await turn.target.pool.connect()
    const running = client.query('select pg_sleep(0.01)').catch((error: unknown) => turn.tally.error(error))
    client.release()
    await running
  },
  // Nobody waits for it; it comes back late, outside every scope.
  abandoned: async (turn) => {
    const client = await turn.target.pool.connect()
    void setTimeout(30).then(() => client.release())
    await client.query('begin')
  },
  'used after release': async (turn) => {
    const client = await turn.target.pool.connect()
    client.release()
    const { rows } = await client.query(everyRow)
    turn.tally.rows(rows, turn.own.id)
  },
  batch: async (turn) => {
    const ids = [turn.own.repositoryId, turn.other.repositoryId]
    const [mine, theirs] = await readBatch(
      turn,
      ids.map((id) => ({ text: byId, values: [id] })),
    )
    turn.tally.rows(mine ?? [], turn.own.id, 1)
    turn.tally.rows(theirs ?? [], turn.own.id)
  },
  'error in a batch': async (turn) =>
    await readBatch(turn, [{ text: everyRow }, { text: 'select 1 / 0 from repositories' }, { text: everyRow }]),
  'half a cursor': async (turn) =>
    await withClient(turn, async (client) => {
      await client.query('begin')
      const cursor = client.query(new Cursor<{ org_id: string }>(everyRow))
      turn.tally.rows(await cursor.read(1), turn.own.id, 1)
      // pg-cursor does not answer a close() behind an error that nobody was waiting for.
      if (Math.random() < 0.5) await Promise.race([cursor.close(), setTimeout(1_000)])
    }),
  'cancelled by its caller': async ({ target, tally, own }) => {
    const signal = AbortSignal.timeout(Math.floor(Math.random() * 12))
    const slow = `select org_id, pg_sleep(0.005) from repositories`
    const { rows } = await target.run({ organizationId: own.id, signal }, () => target.pool.query(slow))
    tally.rows(rows, own.id, 1)
  },
  'transaction that its caller cancels': async (turn) => {
    const signal = AbortSignal.timeout(Math.floor(Math.random() * 12))
    await turn.target.run({ organizationId: turn.own.id, signal }, () =>
      withClient(turn, async (client) => {
        await client.query('begin')
        await readAll(turn, client)
        await client.query('select pg_sleep(0.005)')
        await client.query('commit')
      }),
    )
  },
  'timed out': async ({ target, own }) =>
    await target.run({ organizationId: own.id, timeoutMs: 2 }, () => target.pool.query('select pg_sleep(0.02)')),
  'in the scope of another': async (turn) =>
    await withClient(turn, async (client) => {
      const { rows } = await turn.target.run({ organizationId: turn.other.id }, () => client.query(everyRow))
      turn.tally.rows(rows, turn.own.id)
    }),
}

/** Work outside every scope of an organization: no row may come of it. */
export const unscopedWork: Readonly<Record<string, Work>> = {
  'no tenant': async ({ target, tally }) => {
    tally.unscopedRows += (await target.pool.query(everyRow)).rows.length
  },
  'no tenant, client': async ({ target, tally }) => {
    const client = await target.pool.connect()
    try {
      tally.unscopedRows += (await client.query(everyRow)).rows.length
    } finally {
      client.release()
    }
  },
  bootstrap: async ({ target, tally }) => {
    const { rows } = await target.bootstrap(() => target.pool.query(everyRow))
    tally.unscopedRows += rows.length
  },
}
