/** Organizations that are kept for certain; twice as many are held before those that waited least are let go. */
const keptOrganizations = 256

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

type Entry = { -readonly [Key in keyof OrganizationWait]: OrganizationWait[Key] }

/**
 * Counts grants and waits. The table of organizations is bounded: now and then the half that waited least is let go, and
 * whoever comes anew inherits the most that one of those may have waited. So whoever waits much is in it for certain
 * (the bound of "space saving", Metwally and others 2005, at a constant cost for each wait).
 */
export class WaitLedger {
  granted = 0
  waits = 0
  waitedMs = 0
  longestWaitMs = 0
  timedOut = 0
  aborted = 0
  #organizations = new Map<string, Entry>()
  #floorMs = 0

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
    return this.#longest(Math.min(count, keptOrganizations)).map((entry) => ({ ...entry }))
  }

  #enter(organizationId: string): Entry {
    if (this.#organizations.size >= 2 * keptOrganizations) this.#letGo()
    const inheritedMs = this.#floorMs
    const entry = { organizationId, waits: 0, waitedMs: inheritedMs, longestWaitMs: 0, uncertaintyMs: inheritedMs }
    this.#organizations.set(organizationId, entry)
    return entry
  }

  #letGo(): void {
    const longest = this.#longest(keptOrganizations + 1)
    this.#floorMs = Math.max(this.#floorMs, longest.pop()?.waitedMs ?? 0)
    this.#organizations = new Map(longest.map((entry) => [entry.organizationId, entry]))
  }

  #longest(count: number): Entry[] {
    const entries = [...this.#organizations.values()].toSorted((left, right) => right.waitedMs - left.waitedMs)
    return entries.slice(0, count)
  }
}
