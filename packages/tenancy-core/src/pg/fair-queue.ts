import { TenancyError } from '../tenancy-error.ts'
import { scopeAborted } from './scope-of-call.ts'
import type { UnitScope } from './scope-of-call.ts'
import { WaitLedger } from './wait-ledger.ts'

/** Connection time that an organization is given each time its turn comes, in milliseconds. */
const quantumMs = 10
/** The most that one statement is charged, so that an organization is not shut out after a long one. */
const maxChargeMs = 1000
/** Organizations that did not wait before come first, but not more of them in a row than this. */
const maxFreshInARow = 8

/** Options of {@link FairQueue}. */
export interface FairQueueOptions {
  /** Slots at once. */
  readonly max: number
  /** Slots of one organization at once; `undefined` for all. */
  readonly maxPerOrganization: number | undefined
  /** How long a request waits, in milliseconds; `undefined` for ever. */
  readonly queueTimeoutMs: number | undefined
  /** Where waits are counted; its own unless given. */
  readonly ledger?: WaitLedger
  /** A clock in milliseconds. */
  readonly now: () => number
}

/** A request for a slot. Exactly one of the two is called. */
export interface SlotRequest {
  readonly scope: UnitScope
  /** The slot is held until it is given back to the queue with `release`. */
  grant(slot: Slot): void
  refuse(error: unknown): void
}

/** What was granted. */
export interface Slot {
  readonly account: Account
  readonly since: number
  held: boolean
}

interface Account {
  readonly organizationId: string
  readonly waiting: Waiter[]
  /** Connection time that is left of the turn; negative after more was used. */
  balanceMs: number
  inUse: number
  listed: boolean
}

interface Waiter {
  readonly request: SlotRequest
  readonly since: number
  /** Ends what could take the request out of the queue; nothing for most. */
  forget: (() => void) | undefined
}

/**
 * Hands out the connections of a pool. Deficit round robin over the organizations that wait, by the time that they held
 * connections; whoever has nothing running and did not wait before comes first, so that a single statement waits for one connection to become
 * free, however long the queue of another organization is.
 */
export class FairQueue {
  readonly #options: FairQueueOptions
  readonly #ledger: WaitLedger
  readonly #accounts = new Map<string, Account>()
  #fresh: Account[] = []
  #ring: Account[] = []
  #freshInARow = 0
  #inUse = 0
  #waiting = 0
  #closed: TenancyError | undefined

  constructor(options: FairQueueOptions) {
    this.#options = options
    this.#ledger = options.ledger ?? new WaitLedger()
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Organizations that are remembered. */
  get accounts(): number {
    return this.#accounts.size
  }

  get ledger(): WaitLedger {
    return this.#ledger
  }

  acquire(request: SlotRequest): void {
    if (this.#closed !== undefined) return request.refuse(this.#closed)
    const account = this.#accountOf(request.scope.organizationId)
    const free = this.#waiting === 0 && this.#inUse < this.#options.max
    if (free && this.#mayHave(account)) return this.#hand(request, account)
    this.#wait(request, account)
    this.#dispatch()
  }

  /** Refuses what waits and everything after it. */
  close(error: TenancyError): void {
    this.#closed = error
    for (const account of this.#accounts.values()) {
      for (const waiter of account.waiting.splice(0)) {
        this.#waiting -= 1
        waiter.forget?.()
        waiter.request.refuse(error)
      }
    }
  }

  /** How many wait in one organization. */
  waitingOf(organizationId: string): number {
    return this.#accounts.get(organizationId)?.waiting.length ?? 0
  }

  /** Gives a slot back, once. */
  release(slot: Slot): void {
    if (!slot.held) return
    slot.held = false
    const { account } = slot
    this.#inUse -= 1
    account.inUse -= 1
    account.balanceMs -= Math.min(this.#options.now() - slot.since, maxChargeMs)
    this.#dropIdle(account)
    if (this.#waiting > 0) this.#dispatch()
  }

  #wait(request: SlotRequest, account: Account): void {
    const waiter: Waiter = { request, since: this.#options.now(), forget: undefined }
    if (this.#options.queueTimeoutMs !== undefined || request.scope.signal !== undefined) this.#limit(waiter, account)
    account.waiting.push(waiter)
    this.#waiting += 1
    if (account.listed) return
    account.listed = true
    if (account.inUse > 0) this.#ring.push(account)
    else this.#fresh.push(account)
  }

  /** Takes a request out of the queue when it has waited for too long or its scope is aborted. */
  #limit(waiter: Waiter, account: Account): void {
    const { queueTimeoutMs } = this.#options
    const { signal, organizationId } = waiter.request.scope
    const leave = (error: unknown): void => {
      account.waiting.splice(account.waiting.indexOf(waiter), 1)
      this.#waiting -= 1
      waiter.forget?.()
      this.#dropIdle(account)
      waiter.request.refuse(error)
    }
    const abort = (): void => {
      this.#ledger.aborted += 1
      leave(scopeAborted(signal as AbortSignal))
    }
    const expire = (): void => {
      this.#ledger.timedOut += 1
      leave(queueTimeout({ organizationId, queueTimeoutMs, waiting: this.#waiting, inUse: account.inUse }))
    }
    const timer = queueTimeoutMs === undefined ? undefined : setTimeout(expire, queueTimeoutMs).unref()
    signal?.addEventListener('abort', abort, { once: true })
    waiter.forget = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  #dispatch(): void {
    while (this.#waiting > 0 && this.#inUse < this.#options.max) {
      const account = this.#next()
      const waiter = account?.waiting.shift()
      if (account === undefined || waiter === undefined) return
      this.#waiting -= 1
      waiter.forget?.()
      this.#ledger.waitedFor(account.organizationId, this.#options.now() - waiter.since)
      this.#hand(waiter.request, account)
    }
  }

  #hand(request: SlotRequest, account: Account): void {
    this.#inUse += 1
    account.inUse += 1
    this.#ledger.granted += 1
    request.grant({ account, since: this.#options.now(), held: true })
  }

  #next(): Account | undefined {
    // Whose turn it would be, with nothing to run, has had its turn.
    while (this.#ring[0]?.waiting.length === 0) this.#unlist(this.#ring.shift() as Account)
    const mayBeFresh = this.#freshInARow < maxFreshInARow || !this.#ring.some((account) => this.#isReady(account))
    const first = mayBeFresh ? this.#takeFresh() : undefined
    this.#freshInARow = first === undefined ? 0 : this.#freshInARow + 1
    const account = first ?? this.#nextInRing()
    // Behind the others even when nothing of it waits any more: who comes back at once does not come first again.
    if (account !== undefined) this.#ring.push(account)
    return account
  }

  #takeFresh(): Account | undefined {
    const [front] = this.#fresh
    if (front !== undefined && this.#isReady(front)) return this.#fresh.shift()
    const index = this.#fresh.findIndex((account) => this.#isReady(account))
    return index === -1 ? undefined : this.#fresh.splice(index, 1)[0]
  }

  #nextInRing(): Account | undefined {
    for (let left = this.#ring.length; left > 0; left -= 1) {
      const account = this.#ring.shift() as Account
      if (account.waiting.length === 0) {
        this.#unlist(account)
        continue
      }
      const ready = this.#isReady(account)
      if (ready) account.balanceMs = Math.min(account.balanceMs + quantumMs, quantumMs)
      if (ready && account.balanceMs > 0) return account
      this.#ring.push(account)
    }
    return this.#leastIndebted()
  }

  /** Everybody is in debt: as many rounds pass at once as it takes until somebody is not. */
  #leastIndebted(): Account | undefined {
    const ready = this.#ring.filter((account) => this.#isReady(account))
    const [first] = ready
    if (first === undefined) return undefined
    const best = ready.reduce((left, right) => (right.balanceMs > left.balanceMs ? right : left), first)
    const passedMs = (Math.floor(-best.balanceMs / quantumMs) + 1) * quantumMs
    for (const account of ready) account.balanceMs = Math.min(account.balanceMs + passedMs, quantumMs)
    this.#ring.splice(this.#ring.indexOf(best), 1)
    return best
  }

  #unlist(account: Account): void {
    account.listed = false
    this.#dropIdle(account)
  }

  #isReady(account: Account): boolean {
    return account.waiting.length > 0 && this.#mayHave(account)
  }

  #mayHave(account: Account): boolean {
    return account.inUse < (this.#options.maxPerOrganization ?? Number.POSITIVE_INFINITY)
  }

  #accountOf(organizationId: string): Account {
    const known = this.#accounts.get(organizationId)
    if (known !== undefined) return known
    const account: Account = { organizationId, waiting: [], balanceMs: quantumMs, inUse: 0, listed: false }
    this.#accounts.set(organizationId, account)
    return account
  }

  /** Organizations are remembered only while something of them waits or runs, or they have had their turn of a round. */
  #dropIdle(account: Account): void {
    if (this.#waiting === 0 && this.#ring.length + this.#fresh.length > 0) {
      const listed = [...this.#ring, ...this.#fresh]
      this.#ring = []
      this.#fresh = []
      for (const other of listed) {
        other.listed = false
        if (other.inUse === 0) this.#accounts.delete(other.organizationId)
      }
    }
    if (account.inUse === 0 && account.waiting.length === 0 && !account.listed) {
      this.#accounts.delete(account.organizationId)
    }
  }
}

function queueTimeout(facts: {
  organizationId: string
  queueTimeoutMs: number | undefined
  waiting: number
  inUse: number
}): TenancyError {
  const { organizationId, queueTimeoutMs, waiting, inUse } = facts
  return new TenancyError(
    'POOL_QUEUE_TIMEOUT',
    `No connection became free within ${queueTimeoutMs} ms; nothing was sent. The organization ${organizationId || '(none)'} ` +
      `holds ${inUse} connections, and ${waiting} other requests wait. Release clients sooner, or raise pool.max, ` +
      'maxPerOrganization or queueTimeoutMs.',
    { details: facts },
  )
}
