import type { ContextVariant } from './context-statements.ts'
import type { DriverSession } from './driver-session.ts'
import type { UnitScope } from './scope-of-call.ts'
import type { StatementKind } from './statement.ts'

/** A statement of ours in front of the caller's, in the same flush and without a Sync of its own. */
export interface Preface {
  readonly opens: 'transaction' | 'scope'
  /** Empty when it was sent without one. */
  readonly name: string
  /** Whether the connection had it before. */
  readonly wasParsed: boolean
  /** Whether the server may have had something else under the name, which was closed first. */
  readonly wasStale: boolean
  /** What the server has to confirm. */
  readonly sent: string | undefined
}

/** In front of most statements of a transaction. */
export const noPreface: readonly Preface[] = []

const textOid = 25

const plainBegin = /^\s*(?:begin|start\s+transaction)\s*;?\s*$/i

/** Without a time-out, and with one. */
const contextNames = {
  open: ['partywall_context_open', 'partywall_context_open_timed'],
  guarded: ['partywall_context_guarded', 'partywall_context_guarded_timed'],
  again: ['partywall_context_again', 'partywall_context_again_timed'],
} as const

/** Opens the transaction that was held back until its first statement. */
export function sendBegin(text: string, session: DriverSession): Preface {
  // Only the plain form: each of the others would be one more name that the connection has to keep.
  const isPlain = session.context.prepared && plainBegin.test(text)
  return sendStatement(
    { opens: 'transaction', name: isPlain ? 'partywall_begin' : '', text: isPlain ? 'begin' : text },
    session,
  )
}

/** Sets the tenant of a unit, and its time-out if it has one. */
export function sendContext(scope: UnitScope, session: DriverSession, kind: StatementKind): Preface {
  const { timeoutMs } = scope
  const value = session.context.valueOf(scope.organizationId)
  const variant = variantFor(session, kind)
  const { prepared, timed, [variant]: set } = session.context
  if (timeoutMs === undefined) {
    const name = prepared ? contextNames[variant][0] : ''
    return sendStatement({ opens: 'scope', name, text: set, values: [value] }, session)
  }
  const name = prepared ? contextNames[variant][1] : ''
  return sendStatement({ opens: 'scope', name, text: set + timed, values: [value, String(timeoutMs)] }, session)
}

function variantFor(session: DriverSession, kind: StatementKind): ContextVariant {
  if (session.rearms) return 'again'
  return kind === 'call' || !session.hasProvedClean ? 'guarded' : 'open'
}

function sendStatement(
  statement: { opens: Preface['opens']; name: string; text: string; values?: readonly string[] },
  session: DriverSession,
): Preface {
  const { opens, name, text, values = [] } = statement
  const { connection } = session.client
  const wasParsed = name !== '' && session.prepared.has(name)
  const wasStale = !wasParsed && session.stale.delete(name)
  if (!wasParsed) {
    if (wasStale) connection.close({ type: 'S', name })
    connection.parse({ name, text, types: values.map(() => textOid) })
    if (name !== '') session.prepared.add(name)
  }
  connection.bind({ statement: name, values })
  connection.execute({})
  return { opens, name, wasParsed, wasStale, sent: values[0] }
}
