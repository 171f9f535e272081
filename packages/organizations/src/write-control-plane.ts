import { TenancyError, inTransaction, statementRunner } from '@partywall/tenancy-core'
import type { Actor, CallerTransaction, RunStatement, WriteOptions } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import { explained } from './explain-refusal.ts'
import type { Asked } from './explain-refusal.ts'

/** Options of what a system may do as well. */
export interface MemberWriteOptions extends WriteOptions {
  /** With a `transaction` of an operator scope, where no tenant is in scope: the organization. */
  readonly organizationId?: string | undefined
}

/** One write to the organization in scope. The statements call functions of the control plane, and differ in who acts. */
export interface ControlPlaneWrite {
  /** For the audit trail, where the operator acts. */
  readonly reason: string
  /** As the application, for a user. `$1` is the user who acts, the values follow. */
  readonly forUser: string
  /** As the operator, for a system. `$1` is the organization, the values follow. Absent where only a user can act. */
  readonly forSystem?: string
  readonly values: readonly unknown[]
  /** For the details of an error. */
  readonly asked: Asked
}

/**
 * Writes for the actor of the scope. For a user it is the application's login that writes, in the caller's transaction or
 * one of its own, and the database asks for the rank of the user. A system is the operator: it stands above owners.
 */
export async function writeControlPlane<Row extends object>(
  plane: ControlPlane,
  write: ControlPlaneWrite,
  options: MemberWriteOptions,
): Promise<readonly Row[]> {
  const { reason, asked, forUser, forSystem } = write
  const inOperatorScope = operatorRunner(plane, options)
  if (inOperatorScope !== undefined && forSystem !== undefined) {
    const values = [options.organizationId, ...write.values]
    return await explained(asked, () => inOperatorScope<Row>(forSystem, values))
  }
  const { organizationId } = plane.tenancy.requireTenant()
  const actor = actorOf(plane, forSystem === undefined ? ['user'] : ['user', 'system'])
  if (forSystem === undefined || actor.type === 'user') {
    const values = [actor.id, ...write.values]
    return await explained(asked, () =>
      inTransaction(plane.tenancy, options.transaction, (run) => run<Row>(forUser, values)),
    )
  }
  const values = [organizationId, ...write.values]
  return await asOperator(plane, { reason, actor, asked, options }, (run) => run<Row>(forSystem, values))
}

/** @throws {TenancyError} `TRANSACTION_INVALID` when an organization is named without a transaction. */
export function operatorRunner(
  { tenancy }: ControlPlane,
  { organizationId, transaction }: MemberWriteOptions,
): RunStatement | undefined {
  if (organizationId === undefined) return undefined
  return inTheNameOf(tenancy.currentActor(), statementRunner(transaction as CallerTransaction))
}

/**
 * Runs statements in the name of an operator, whom the events that they cause tell. Named by the first of them, for the
 * transaction: functions that a user acts through name that user after it.
 */
export function inTheNameOf(actor: Actor | undefined, run: RunStatement): RunStatement {
  let isNamed = actor === undefined
  return async (text, values) => {
    if (!isNamed) await run(nameOperator, [actorText(actor as Actor)])
    isNamed = true
    return await run(text, values)
  }
}

const nameOperator = `select pg_catalog.set_config('partywall.acting_user', '', true) as "user",
  pg_catalog.set_config('partywall.operating_actor', $1::text, true) as "operator"`

/** What JSON of PostgreSQL takes, and an event has room for. */
function actorText({ type, id }: Actor): string {
  return JSON.stringify({ type, id: id.slice(0, 150).toWellFormed().replaceAll('\0', '') })
}

/** @throws {TenancyError} `ACTOR_REQUIRED` when the actor of the scope is of no such type. */
export function actorOf({ tenancy }: ControlPlane, types: readonly Actor['type'][]): Actor {
  const { actor } = tenancy.requireTenant()
  if (actor !== undefined && types.includes(actor.type)) return actor
  // Read over HTTP by whoever holds the key.
  if (actor?.type === 'api-key') throw new TenancyError('ACTOR_REQUIRED', 'An API key cannot do that. Ask as a member.')
  const what =
    actor === undefined ? 'The scope does not say who acts.' : `An actor of type "${actor.type}" cannot do that.`
  throw new TenancyError(
    'ACTOR_REQUIRED',
    `${what} Open it with tenancy.run({ organizationId, actor: { type: '${types[0]}', id } }, fn).`,
  )
}

/** A piece of work of the operator. */
export interface OperatorWork {
  readonly reason: string
  readonly actor: Actor
  readonly asked: Asked
  readonly options: WriteOptions
}

/** Works as the operator: in a scope that is opened for it, or in a transaction of an operator scope of the caller. */
export async function asOperator<T>(
  { tenancy }: ControlPlane,
  { reason, actor, asked, options }: OperatorWork,
  work: (run: RunStatement) => Promise<T>,
): Promise<T> {
  const { transaction } = options
  const named = (run: RunStatement): Promise<T> => work(inTheNameOf(actor, run))
  return await explained(asked, () =>
    transaction === undefined
      ? tenancy.operator({ reason, actor }, () => inTransaction(tenancy, undefined, named))
      : inTransaction(tenancy, transaction, named),
  )
}
