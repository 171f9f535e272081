const maxOrganizations = 256

/** What one organization waited for connections. */
export interface OrganizationWait {
  readonly organizationId: string
  /** Requests that had to wait. */
  readonly waits: number
  readonly waitedMs: number
  readonly longestWaitMs: number
  /** How much of `waitedMs` may belong to organizations that this one took the place of in the bounded table. */
  readonly uncertaintyMs: number
}

/**
 * Counts grants and waits. The table of organizations is bounded: one that is not in it takes the place of the one with
 * the least waiting, and inherits its sum, so that whoever waits much is in it for certain ("space saving").
 */
export class WaitLedger {
  granted = 0
  waits = 0
  waitedMs = 0
  longestWaitMs = 0
  timedOut = 0
  aborted = 0
  readonly #organizations = new Map<string, { -readonly [Key in keyof OrganizationWait]: OrganizationWait[Key] }>()

  waitedFor(organizationId: string, ms: number): void {
    this.waits += 1
    this.waitedMs += ms
    this.longestWaitMs = Math.max(this.longestWaitMs, ms)
    const entry = this.#organizations.get(organizationId) ?? this.#enter(organizationId)
    entry.waits += 1
    entry.waitedMs += ms
    entry.longestWaitMs = Math.max(entry.longestWaitMs, ms)
  }

  /** The organizations that waited longest in sum. */
  top(count: number): OrganizationWait[] {
    const entries = [...this.#organizations.values()].toSorted((left, right) => right.waitedMs - left.waitedMs)
    return entries.slice(0, count).map((entry) => ({ ...entry }))
  }

  #enter(organizationId: string): { -readonly [Key in keyof OrganizationWait]: OrganizationWait[Key] } {
    const inheritedMs = this.#organizations.size < maxOrganizations ? 0 : this.#leave()
    const entry = {
      organizationId,
      waits: 0,
      waitedMs: inheritedMs,
      longestWaitMs: 0,
      uncertaintyMs: inheritedMs,
    }
    this.#organizations.set(organizationId, entry)
    return entry
  }

  #leave(): number {
    let least: OrganizationWait | undefined
    for (const entry of this.#organizations.values()) {
      if (least === undefined || entry.waitedMs < least.waitedMs) least = entry
    }
    if (least === undefined) return 0
    this.#organizations.delete(least.organizationId)
    return least.waitedMs
  }
}
