import { createHash } from 'node:crypto'
import { readStatement } from './statement.ts'
import type { Statement } from './statement.ts'

const maxTexts = 2000
const maxNames = 500
const maxTextLength = 4096

interface Entry {
  readonly statement: Statement
  uses: number
  name: string | undefined
}

/** What a pool knows of the texts it has sent: how each was read, and the name under which it is prepared. */
export class StatementBook {
  readonly #setting: string
  readonly #prepares: boolean
  readonly #entries = new Map<string, Entry>()
  #names = 0

  constructor(options: { setting: string; prepares: boolean }) {
    this.#setting = options.setting
    this.#prepares = options.prepares
  }

  /** Reads a text, once. */
  read(text: string): Statement {
    return this.#entryOf(text).statement
  }

  /**
   * The name under which connections prepare this text, from its second use on. The table is bounded: a host that
   * writes values into its texts would otherwise fill the memory of every server process.
   */
  nameOf(text: string): string | undefined {
    if (!this.#prepares) return undefined
    const entry = this.#entryOf(text)
    if (entry.name === undefined && entry.uses++ > 0 && this.#names < maxNames && entry.statement.kind === 'work') {
      this.#names += 1
      entry.name = `partywall_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    }
    return entry.name
  }

  #entryOf(text: string): Entry {
    const known = this.#entries.get(text)
    if (known !== undefined) return known
    const entry: Entry = { statement: readStatement(text, this.#setting), uses: 0, name: undefined }
    if (text.length > maxTextLength) return entry
    if (this.#entries.size >= maxTexts) this.#forgetUnnamed()
    this.#entries.set(text, entry)
    return entry
  }

  /** Names stay: forgetting one would lose count of what connections hold. */
  #forgetUnnamed(): void {
    for (const [text, entry] of this.#entries) if (entry.name === undefined) this.#entries.delete(text)
  }
}
