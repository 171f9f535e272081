import type { DriverQuery, DriverSession } from './driver-session.ts'
import type { QueryCallback } from './query-call.ts'
import { scopeAborted } from './scope-of-call.ts'
import type { UnitScope } from './scope-of-call.ts'

/** Takes a unit back, or cancels it, when its scope is aborted. Ends with the unit. */
export class AbortWatch {
  #stop: (() => void) | undefined

  start(scope: UnitScope, session: DriverSession, unit: DriverQuery): void {
    const { signal } = scope
    if (signal === undefined) return
    const abandon = (): void => session.abandon(unit, scopeAborted(signal))
    signal.addEventListener('abort', abandon, { once: true })
    this.#stop = () => signal.removeEventListener('abort', abandon)
  }

  end(): void {
    this.#stop?.()
  }

  /** A callback that ends the watch first: a signal may outlive the unit by hours. */
  before(settle: QueryCallback): QueryCallback {
    return (error, result) => {
      this.end()
      settle(error, result)
    }
  }
}
