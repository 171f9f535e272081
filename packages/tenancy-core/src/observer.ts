import { SeenCallSites, findCallSite } from './call-site.ts'
import { tenantScope } from './scope.ts'
import type { Scope } from './scope.ts'
import { TenancyError } from './tenancy-error.ts'
import { emitEvent } from './tenancy-event.ts'
import type { TenancyListener } from './tenancy-event.ts'

const checkValidMs = 60_000

/** What an {@link Observer} is given. */
export interface ObserverOptions {
  /** The organization that unscoped statements run as: the only one there is. */
  readonly organizationId: string
  /** Counts the organizations, up to two. */
  readonly countOrganizations: () => Promise<number>
  readonly onEvent: TenancyListener | undefined
  /** A clock in milliseconds. */
  readonly now: () => number
}

/**
 * Lets calls outside every scope through, as the only organization there is, and reports where they come from. Once there
 * are two, nobody can say whose such a statement is: it is refused.
 */
export class Observer {
  readonly #options: ObserverOptions
  readonly #scope: Scope
  readonly #seen = new SeenCallSites()
  #checkedAt: number | undefined
  #checking: Promise<void> | undefined

  constructor(options: ObserverOptions) {
    this.#options = options
    this.#scope = Object.freeze({ ...tenantScope({ organizationId: options.organizationId }), observed: true as const })
  }

  /** The scope of a call outside every scope, which is reported once for each place in the host. */
  scope(): Scope {
    const { site, stack } = findCallSite()
    if (this.#seen.isNew(site)) {
      emitEvent(this.#options.onEvent, { type: 'context.unscoped', callSite: site, stack })
    }
    return this.#scope
  }

  /** Nothing while the last check is younger than a minute; otherwise the check that a statement has to wait for. */
  admit(): Promise<void> | undefined {
    const { now } = this.#options
    if (this.#checkedAt !== undefined && now() - this.#checkedAt < checkValidMs) return undefined
    this.#checking ??= this.check().finally(() => (this.#checking = undefined))
    return this.#checking
  }

  /** @throws {TenancyError} `OBSERVE_TOO_LATE` when there is more than one organization. */
  async check(): Promise<void> {
    const { countOrganizations, now } = this.#options
    this.#checkedAt = undefined
    if ((await countOrganizations()) > 1) {
      throw new TenancyError(
        'OBSERVE_TOO_LATE',
        'There is more than one organization, so a statement outside every scope has no owner; nothing was sent. Remove ' +
          "mode: 'observe' and give every call site that it reported a scope.",
      )
    }
    this.#checkedAt = now()
  }
}
