import { SeenCallSites, findCallSite } from './call-site.ts'
import { tenantRequired } from './scope.ts'
import type { TenancyError } from './tenancy-error.ts'
import { emitEvent } from './tenancy-event.ts'
import type { TenancyListener } from './tenancy-event.ts'

/**
 * Counts the scopes that are open, so that a call outside every scope can be told from one that was inside and lost its
 * context on the way: in a callback of an emitter, of a pool or of a queue that somebody else created.
 */
export class LostContext {
  readonly #onEvent: TenancyListener | undefined
  readonly #seen = new SeenCallSites()
  #open = 0

  constructor(onEvent: TenancyListener | undefined) {
    this.#onEvent = onEvent
  }

  /** Counts a scope as open until what it returns has settled. */
  track<T>(run: () => T): T {
    this.#open += 1
    let pending = false
    try {
      const result = run()
      if (!(result instanceof Promise)) return result
      pending = true
      // The promise that is handed on is the one whose end is seen: a rejection that nobody handles stays unhandled.
      return result.finally(() => (this.#open -= 1)) as T
    } finally {
      if (!pending) this.#open -= 1
    }
  }

  /** The refusal of a call outside every scope. */
  refusal(): TenancyError {
    const openScopes = this.#open
    if (openScopes === 0) return tenantRequired()
    const { site, stack } = findCallSite()
    if (this.#seen.isNew(site)) emitEvent(this.#onEvent, { type: 'context.lost', callSite: site, stack, openScopes })
    return tenantRequired(
      ` ${openScopes} scope(s) are open in this process: the call at ${site} may come from one of them, along a path that ` +
        'lost its context (a callback of an emitter, a pool or a queue). Wrap such a callback with tenancy.bind(fn).',
    )
  }
}
