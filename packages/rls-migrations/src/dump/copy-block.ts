import { once } from 'node:events'
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams'
import type { Client } from 'pg'

/** One COPY ... FROM stdin on its way: bytes go to the server as they are, and no faster than it takes them. */
export class CopyBlock {
  readonly text: string
  readonly line: number
  readonly #stream: CopyStreamQuery
  #error: unknown

  constructor(client: Client, statement: { text: string; sql: string; line: number }) {
    this.text = statement.text
    this.line = statement.line
    this.#stream = client.query(copyFrom(statement.sql))
    // The server may refuse at any time, also between two writes.
    this.#stream.on('error', (error: unknown) => {
      this.#error = error
    })
  }

  async write(bytes: Buffer): Promise<void> {
    this.#check()
    if (!this.#stream.write(bytes)) await once(this.#stream, 'drain')
    this.#check()
  }

  /** Completes the COPY and returns how many rows the server took. */
  async end(): Promise<number> {
    this.#check()
    const finished = once(this.#stream, 'finish')
    this.#stream.end()
    await finished
    return this.#stream.rowCount
  }

  #check(): void {
    if (this.#error !== undefined) throw this.#error
  }
}
