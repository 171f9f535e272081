import { TenancyError } from '../tenancy-error.ts'
import { BatchQuery } from './batch-query.ts'
import type { CreatePart } from './batch-query.ts'
import { contextStatements } from './context-statements.ts'
import { DriverSession } from './driver-session.ts'
import { TenantUnit } from './driver.ts'
import { RecordedWire } from './recorded-wire.ts'
import { queryClassOf } from './pg-module.ts'
import type { BaseClient, PgModule, QueryClass } from './pg-module.ts'

const proved = new WeakSet<object>()
const tenant = 'canary'

/**
 * Plays scoped statements through the host's own `pg`, over a wire that exists only here, and compares what is sent and
 * what the caller receives. A driver that changed its messages, handlers or queue is found before it has a connection.
 * Once for each module.
 *
 * @throws {TenancyError} `DRIVER_UNSUPPORTED`
 */
export function assertDriverSupported(pg: PgModule): void {
  if (proved.has(pg)) return
  assertPlays(() => playUnit(pg) ?? playBatch(pg) ?? playCancelWire(pg))
  proved.add(pg)
}

/** The same for units that are sent before the answers to others. @throws {TenancyError} `DRIVER_UNSUPPORTED` */
export function assertPipelineSupported(pg: PgModule): void {
  assertPlays(() => playPipeline(pg))
}

function assertPlays(play: () => string | undefined): void {
  let problem: string | undefined
  try {
    problem = play()
  } catch (error) {
    throw unsupported(error instanceof Error ? error.message : String(error), error)
  }
  if (problem !== undefined) throw unsupported(problem, undefined)
}

type Outcome = { error: unknown; result: unknown }

/** A client on a wire without a server, as it is after it has connected. */
function connected(
  pg: PgModule,
  options: object = {},
): { client: BaseClient; wire: RecordedWire; session: DriverSession } {
  const wire = new RecordedWire()
  const client = new pg.Client({ ...options, connection: wire })
  const attach = Reflect.get(client, '_attachListeners') as (wire: unknown) => void
  attach.call(client, wire)
  Reflect.set(client, '_connecting', true)
  wire.emit('readyForQuery', { status: 'I' })
  return { client, wire, session: new DriverSession(client, contextStatements('app.canary', { prepared: true })) }
}

/** Two statements and a failure of the second on the way: one Sync, and its answer settles the batch. */
function playBatch(pg: PgModule): string | undefined {
  const Query = queryClassOf(pg) as QueryClass
  const { client, wire, session } = connected(pg)
  let outcome: Outcome | undefined
  const part =
    (value: number): CreatePart =>
    (callback) =>
      new Query({ text: `select ${value}`, values: [value], name: `canary_${value}`, callback })
  const batch = new BatchQuery([part(1), part(2)], {
    stale: session.stale,
    settle: (error, result) => (outcome = { error, result }),
  })
  client.query(
    new TenantUnit(batch, { session, scope: { organizationId: tenant }, kind: 'work', queryTimeoutMs: undefined }),
  )
  const statement = 'parse bind describe execute'
  if (wire.sent.join(' ') !== `parse bind execute ${statement} ${statement} sync`) {
    return `a batch is sent as: ${wire.sent.join(' ')}`
  }
  wire.answerContext(tenant)
  wire.answerStatement('1')
  wire.answerStatement('2')
  wire.emit('readyForQuery', { status: 'I' })
  const rows = (outcome?.result as { rows: unknown }[] | undefined)?.map((result) => result.rows)
  return JSON.stringify(rows) === '[[{"n":"1"}],[{"n":"2"}]]' ? undefined : 'the results of a batch are not delivered'
}

/** What a cancel request stands on. */
function playCancelWire(pg: PgModule): string | undefined {
  const { connection } = new pg.Client({})
  const missing = ['connect', 'cancel', 'requestSsl', 'on'].filter(
    (name) => typeof Reflect.get(connection, name) !== 'function',
  )
  return missing.length === 0 ? undefined : `a connection has no ${missing.join()}`
}

/** Two units of two tenants, the second sent before the first is answered; the first fails. */
function playPipeline(pg: PgModule): string | undefined {
  const Query = queryClassOf(pg) as QueryClass
  const { client, wire, session } = connected(pg, { pipeline: true })
  if (Reflect.get(client, 'pipeline') !== true) return 'it has no pipeline'
  const outcomes: Outcome[] = []
  for (const organizationId of ['left', 'right']) {
    const callback = (error: unknown, result: unknown): void => void outcomes.push({ error, result })
    const inner = new Query({ text: 'select 1 as n', values: [7], callback })
    session.pipe(new TenantUnit(inner, { session, scope: { organizationId }, kind: 'work', queryTimeoutMs: undefined }))
  }
  const unit = 'bind execute parse bind describe execute sync'
  if (wire.sent.join(' ') !== `parse ${unit} ${unit}`) return `a pipeline is sent as: ${wire.sent.join(' ')}`
  wire.answerContext('left')
  wire.emit('errorMessage', Object.assign(new Error('refused'), { severity: 'ERROR', code: '22012' }))
  wire.emit('readyForQuery', { status: 'I' })
  wire.answer('right')
  const [left, right] = outcomes
  if (String(left?.error) !== 'Error: refused') return 'an error is not delivered to its unit'
  return right !== undefined && !right.error ? undefined : 'an error reaches the unit behind it'
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
