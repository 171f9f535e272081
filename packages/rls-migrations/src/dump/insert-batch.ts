import { dumpFailed, sqlStateOf } from './dump-error.ts'
import type { LoadSession } from './load-session.ts'

const BATCH_BYTES = 1024 * 1024

/** Gathers neighbouring INSERT statements and sends them as one query: a round trip for a thousand rows. */
export class InsertBatch {
  readonly #session: LoadSession
  #statements: { text: string; line: number }[] = []
  #bytes = 0

  constructor(session: LoadSession) {
    this.#session = session
  }

  async add(statement: { text: string; line: number }): Promise<void> {
    this.#statements.push(statement)
    this.#bytes += statement.text.length
    if (this.#bytes >= BATCH_BYTES) await this.flush()
  }

  /**
   * Sends what was gathered.
   *
   * @throws TenancyError `DUMP_FAILED` naming the one statement that failed.
   */
  async flush(): Promise<void> {
    const statements = this.#statements
    if (statements.length === 0) return
    this.#statements = []
    this.#bytes = 0
    const { error } = await this.#session.attempt(statements.map(({ text }) => text).join(';\n'))
    // The server does not say which of them failed, and none of them stands: one by one, the culprit shows itself.
    if (error === undefined) return
    for (const statement of statements) {
      try {
        await this.#session.owner.query(statement.text)
      } catch (error) {
        throw sqlStateOf(error) === undefined ? error : dumpFailed(error, statement)
      }
    }
  }
}
