import { isTenancyError } from '../tenancy-error.ts'
import { giveBack } from './give-back.ts'
import type { ConnectCallback } from './pg-module.ts'
import type { PoolSettings } from './pool-settings.ts'
import type { QueryCallback } from './query-call.ts'
import type { TenantClient } from './tenant-client.ts'

/** Poisoned connections in a row that a single statement may meet before its caller hears of them. */
const maxPoisoned = 3

/** One statement that is asked of a pool. */
export interface SingleRun {
  readonly acquire: (done: ConnectCallback) => unknown
  /** Puts the statement in the queue of the connection. */
  readonly send: (client: TenantClient, settle: QueryCallback) => void
  readonly settle: QueryCallback
  readonly settings: PoolSettings
  readonly attempts: number
}

/** A statement on a connection of its own, which goes back as soon as the server has answered everything. */
export function runSingle(run: SingleRun): void {
  run.acquire((connectError, lent, release) => {
    if (connectError || lent === undefined) return run.settle(connectError)
    const client = lent as TenantClient
    let settled = false
    const finish = (error: unknown, result?: unknown): void => {
      if (settled) return
      settled = true
      client.whenLost = undefined
      giveBack({ client, release, settings: run.settings })
      // Nothing was executed: another connection may serve the statement.
      if (isTenancyError(error, 'CONNECTION_POISONED') && run.attempts < maxPoisoned) {
        return runSingle({ ...run, attempts: run.attempts + 1 })
      }
      run.settle(error, result)
    }
    client.whenLost = finish
    try {
      run.send(client, finish)
    } catch (error) {
      finish(error)
    }
  })
}
