import { TenancyError } from '../tenancy-error.ts'
import { contextStatements } from './context-statements.ts'
import { DriverSession } from './driver-session.ts'
import { TenantUnit } from './driver.ts'
import { RecordedWire } from './recorded-wire.ts'
import { queryClassOf } from './pg-module.ts'
import type { BaseClient, PgModule } from './pg-module.ts'

const proved = new WeakSet<object>()
const tenant = 'canary'

/**
 * Plays one scoped statement through the host's own `pg`, over a wire that exists only here, and compares what is sent
 * and what the caller receives. A driver that changed its messages, handlers or queue is found before it has a
 * connection. Once for each module.
 *
 * @throws {TenancyError} `DRIVER_UNSUPPORTED`
 */
export function assertDriverSupported(pg: PgModule): void {
  if (proved.has(pg)) return
  let problem: string | undefined
  try {
    problem = playUnit(pg)
  } catch (error) {
    throw unsupported(error instanceof Error ? error.message : String(error), error)
  }
  if (problem !== undefined) throw unsupported(problem, undefined)
  proved.add(pg)
}

function playUnit(pg: PgModule): string | undefined {
  const Query = queryClassOf(pg)
  if (Query === undefined) return 'no Query class'
  const wire = new RecordedWire()
  const client = new pg.Client({ connection: wire }) as BaseClient & { readyForQuery: boolean; _txStatus: string }
  const attach = Reflect.get(client, '_attachListeners') as (wire: unknown) => void
  attach.call(client, wire)
  wire.emit('readyForQuery', { status: 'I' })
  if (client.getTransactionStatus() !== 'I' || !client.readyForQuery) return 'the transaction status is not kept'

  const fields = ['_queryQueue', '_queryable', '_ending', '_activeQuery']
  const missing = fields.filter((field) => !(field in client))
  if (missing.length > 0 || !Array.isArray(Reflect.get(client, '_queryQueue')))
    return `a client has no ${missing.join()}`

  const session = new DriverSession(client, contextStatements('app.canary', { prepared: true }))
  let outcome: { error: unknown; rows: unknown } | undefined
  const inner = new Query({
    text: 'select 1 as n',
    name: 'canary_statement',
    values: [7],
    callback: (error: unknown, result: unknown) => {
      outcome = { error, rows: (result as { rows?: unknown } | undefined)?.rows }
    },
  })
  client.query(
    new TenantUnit(inner, { session, scope: { organizationId: tenant }, kind: 'work', queryTimeoutMs: undefined }),
  )
  const sent = wire.sent.join(' ')
  if (sent !== 'parse bind execute parse bind describe execute sync') return `a statement is sent as: ${sent}`
  wire.answer(tenant)
  if (outcome === undefined) return 'the result is not delivered'
  if (outcome.error) return 'the answers are not understood'
  if (JSON.stringify(outcome.rows) !== '[{"n":"1"}]') return 'rows of the context reach the caller'
  if (wire.parsedStatements['canary_statement'] !== 'select 1 as n') return 'prepared statements are not remembered'
  return session.isClean() ? undefined : 'the connection is not idle after its statement'
}

function unsupported(problem: string, cause: unknown): TenancyError {
  return new TenancyError(
    'DRIVER_UNSUPPORTED',
    `This version of pg cannot be scoped: ${problem}. Install a version that this release of Partywall was tested with, ` +
      'or pass the right module as `pg`.',
    { details: { problem }, ...(cause === undefined ? {} : { cause }) },
  )
}
