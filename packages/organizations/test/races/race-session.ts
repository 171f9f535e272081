import { setTimeout } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Names } from './names.ts'
import type { Operation } from './operation.ts'
import type { Session } from './scenario.ts'
import { statementOf } from './statement.ts'

/** What became of an operation: `done`, `nothing` when it found no row to write, or the SQLSTATE. */
export interface Attempt {
  readonly operation: Operation
  readonly outcome: string
}

/** One session of an interleaving: its transaction, a step at a time. */
export class RaceSession {
  readonly session: Session
  readonly attempts: Attempt[] = []
  /** What the transaction ended with; `unknown` when the answer to its end was lost. */
  ended = 'unknown'
  /** Whether the connection is of no use any more. */
  broken = false
  #step = 0
  #tail: Promise<void> = Promise.resolve()
  #aborted = false
  readonly #client: Client
  readonly #context: SessionContext

  constructor(session: Session, client: Client, context: SessionContext) {
    this.session = session
    this.#client = client
    this.#context = context
  }

  get remaining(): number {
    return this.session.operations.length + 2 - this.#step
  }

  /** Sends the next step as soon as the one before it has its answer. */
  advance(): Promise<void> {
    const step = this.#step
    this.#step += 1
    this.#tail = this.#tail.then(() => this.#take(step))
    return this.#tail
  }

  async #take(step: number): Promise<void> {
    const { session } = this
    const operation = session.operations[step - 1]
    const { disturbance } = session
    const disturbed =
      disturbance !== null && disturbance.step === step
        ? this.#context.disturb(this.#client, disturbance.kind)
        : undefined
    if (disturbed !== undefined && disturbance?.kind !== 'cancel') this.broken = true
    if (step === 0) await this.#begin()
    else if (operation !== undefined) await this.#attempt(operation)
    else await this.#end()
    await disturbed
  }

  async #begin(): Promise<void> {
    const { names, number } = this.#context
    // One message: the context is there when the snapshot is taken.
    const sql = `begin isolation level ${this.session.level};
      select set_config('app.current_tenant_id', '${names.organizationId}', true), set_config('races.label', '${names.number}.${number}', true)`
    await this.#client.query(sql).catch((error: unknown) => this.#fail(error))
  }

  async #attempt(operation: Operation): Promise<void> {
    if (this.#aborted) return
    const { invitations } = this.#context
    const { savepoints } = this.session
    const note = (outcome: string): void => {
      this.attempts.push({ operation, outcome })
      this.#context.note(`${describeOperation(operation)}: ${outcome}`)
    }
    try {
      if (savepoints) await this.#client.query('savepoint before')
      const { name, text, values } = statementOf(operation, this.#context)
      const { rows, rowCount } = await this.#client.query<{ invitation_id?: string }>({
        name,
        text,
        values: [...values],
      })
      if (operation.kind === 'invite') invitations.set(operation.token, rows[0]?.invitation_id ?? '')
      // What found nothing has locked nothing, and may as well have come earlier.
      note(rowCount === 0 ? 'nothing' : 'done')
    } catch (error) {
      note(codeOf(error))
      if (savepoints) await this.#client.query('rollback to before').catch((error: unknown) => this.#fail(error))
      else this.#fail(error)
    }
  }

  async #end(): Promise<void> {
    const ending = this.#aborted ? 'rollback' : this.session.end
    try {
      const { command } = await this.#client.query(ending)
      this.ended = command === 'COMMIT' ? 'committed' : 'rolled back'
    } catch (error) {
      this.ended = codeOf(error) === 'lost' ? 'unknown' : codeOf(error)
      if (!this.broken) await this.#client.query('rollback').catch(() => (this.broken = true))
    }
    this.#context.note(`${ending}: ${this.ended}`)
  }

  #fail(error: unknown): void {
    this.#aborted = true
    if (codeOf(error) === 'lost') this.broken = true
  }
}

/** What a session needs of its interleaving. */
export interface SessionContext {
  /** Its place in the interleaving. */
  readonly number: number
  readonly names: Names
  readonly invitations: Map<number, string>
  readonly note: (text: string) => void
  readonly disturb: (client: Client, kind: 'cancel' | 'kill' | 'vanish') => Promise<void>
}

/** One line of a history. */
export function describeOperation({ kind, ...rest }: Operation): string {
  return `${kind} ${JSON.stringify(rest)}`
}

/** The SQLSTATE, or `lost` for a connection that is gone. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown }).code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !['57P01', 'EPIPE'].includes(code) ? code : 'lost'
}

/** Long enough for most statements that wait for nobody. */
export function settled(step: Promise<void>): Promise<void> {
  return Promise.race([step, setTimeout(3)])
}
