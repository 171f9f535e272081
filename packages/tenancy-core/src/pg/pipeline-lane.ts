import type { QueryCall, QueryCallback } from './query-call.ts'
import type { UnitScope } from './scope-of-call.ts'
import type { TenantClient } from './tenant-client.ts'

/** One connection of a pipeline. */
export class PipelineLane {
  /** Statements whose outcome is still to come. */
  load = 0
  readonly #client: TenantClient
  readonly #idleTimeoutMs: number
  readonly #connected: Promise<void>
  #isConnected = false
  #ended: Promise<void> | undefined
  #lost = false
  #idleTimer: NodeJS.Timeout | undefined

  constructor(client: TenantClient, idleTimeoutMs: number) {
    this.#client = client
    this.#idleTimeoutMs = idleTimeoutMs
    const lose = (): void => {
      this.#lost = true
    }
    client.on('error', lose)
    client.on('end', lose)
    this.#connected = this.#connect()
  }

  /** No further statement may be sent here. */
  get retired(): boolean {
    return this.#lost || this.#ended !== undefined || this.#client.session.doomed !== undefined
  }

  send(call: QueryCall, scope: UnitScope, settle: QueryCallback): void {
    clearTimeout(this.#idleTimer)
    this.load += 1
    let settled = false
    const finish: QueryCallback = (error, result) => {
      if (settled) return
      settled = true
      this.load -= 1
      this.#rest()
      settle(error, result)
    }
    if (this.#isConnected) this.#pipe(call, scope, finish)
    else void this.#pipeLater(call, scope, finish)
  }

  /** Ends the connection when the answers under way have come. */
  end(): Promise<void> {
    clearTimeout(this.#idleTimer)
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #connect(): Promise<void> {
    try {
      await this.#client.connect()
      this.#isConnected = true
    } catch (error) {
      this.#lost = true
      throw error
    }
  }

  async #end(): Promise<void> {
    if (this.#lost) return
    try {
      await this.#connected
      await this.#client.end()
    } catch {
      // It could not be opened: there is nothing to end.
    }
  }

  async #pipeLater(call: QueryCall, scope: UnitScope, finish: QueryCallback): Promise<void> {
    try {
      await this.#connected
    } catch (error) {
      return finish(error)
    }
    this.#pipe(call, scope, finish)
  }

  #pipe(call: QueryCall, scope: UnitScope, finish: QueryCallback): void {
    try {
      this.#client.pipe(call, scope, finish)
    } catch (error) {
      finish(error)
    }
  }

  #rest(): void {
    const { doomed } = this.#client.session
    // The answers do not belong to the questions: none of those that are still to come may reach anybody.
    if (doomed === 'context-not-applied') {
      this.#lost = true
      this.#client.connection.stream.destroy?.()
    } else if (this.load === 0 && doomed !== undefined) {
      void this.end()
    } else if (this.load === 0) {
      this.#idleTimer = setTimeout(() => void this.end(), this.#idleTimeoutMs).unref()
    }
  }
}
