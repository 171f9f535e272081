import { randomUUID } from 'node:crypto'
import { TenancyError } from '../tenancy-error.ts'
import type { CallerTransaction, KyselyTransaction, PgTransaction, PrismaTransaction } from './caller-transaction.ts'
import type { RunStatement } from './run-statement.ts'

/**
 * Runs statements in a transaction that the caller opened, whichever of the three libraries opened it. It neither
 * commits nor rolls back.
 *
 * @throws {TenancyError} `TRANSACTION_INVALID` for what is no open transaction: a pool, a Kysely or Prisma client
 * outside of one, a client of `pg` before BEGIN. A statement on those would be committed whatever becomes of the rest.
 *
 * @example
 * ```ts
 * await kysely.transaction().execute(async (transaction) => {
 *   const run = statementRunner(transaction)
 *   return await run('insert into repositories (name) values ($1) returning name', ['web'])
 * }) // [{ name: 'web' }]
 * ```
 */
export function statementRunner(transaction: CallerTransaction): RunStatement {
  const given: Readonly<Record<string, unknown>> = isObject(transaction) ? transaction : {}
  if (typeof given['$queryRawUnsafe'] === 'function') return prismaRunner(given as unknown as PrismaTransaction, given)
  if (typeof given['executeQuery'] === 'function') return kyselyRunner(given as unknown as KyselyTransaction)
  if (typeof given['query'] === 'function') return pgRunner(given as unknown as PgTransaction, given)
  throw invalid('What was passed is no transaction of pg, Kysely or Prisma.')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function pgRunner(client: PgTransaction, given: Readonly<Record<string, unknown>>): RunStatement {
  // A pool runs each statement in a transaction of its own.
  if ('totalCount' in given) throw invalid('A pool was passed.')
  const status = given['getTransactionStatus']
  if (typeof status === 'function' && status.call(client) === 'I') {
    throw invalid('The client is in no transaction.')
  }
  return async <Row extends object>(text: string, values: readonly unknown[]) => {
    const { rows } = await client.query(text, [...values])
    return rows as readonly Row[]
  }
}

function kyselyRunner(transaction: KyselyTransaction): RunStatement {
  if (!transaction.isTransaction) throw invalid('The Kysely instance is in no transaction.')
  return async <Row extends object>(sql: string, parameters: readonly unknown[]) => {
    // What CompiledQuery.raw() makes; importing Kysely for it would ask it of every host.
    const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] } as const
    const compiled = { sql, parameters, query, queryId: { queryId: randomUUID() } }
    const { rows } = await transaction.executeQuery(compiled)
    return rows as readonly Row[]
  }
}

function prismaRunner(client: PrismaTransaction, given: Readonly<Record<string, unknown>>): RunStatement {
  // Prisma takes these away from the client that it hands to the function of an interactive transaction.
  if (typeof given['$connect'] === 'function') throw invalid('The Prisma client is in no transaction.')
  return async <Row extends object>(text: string, values: readonly unknown[]) =>
    (await client.$queryRawUnsafe(text, ...values)) as readonly Row[]
}

function invalid(what: string): TenancyError {
  return new TenancyError(
    'TRANSACTION_INVALID',
    `${what} Nothing was written. Pass a client of tenancy.pool.connect() after BEGIN, the transaction of Kysely's ` +
      'execute(), or the client of an interactive transaction of Prisma.',
  )
}
