/** A cache of TypeORM as hosts write them: a result for what TypeORM looks it up by, whoever asks. */
export class MapQueryCache {
  readonly #results = new Map<string, object>()

  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
  async synchronize(): Promise<void> {}

  async clear(): Promise<void> {
    this.#results.clear()
  }

  async getFromCache(entry: { identifier?: string; query?: string }): Promise<object | undefined> {
    return this.#results.get(entry.identifier ?? entry.query ?? '')
  }

  async storeInCache(entry: { identifier?: string; query?: string }): Promise<void> {
    this.#results.set(entry.identifier ?? entry.query ?? '', entry)
  }

  async remove(identifiers: string[]): Promise<void> {
    for (const identifier of identifiers) this.#results.delete(identifier)
  }

  isExpired(): boolean {
    return false
  }
}
