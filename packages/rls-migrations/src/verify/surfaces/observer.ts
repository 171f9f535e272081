import type { ProbeSetup } from '../make-target.ts'
import { describe, type Outcome } from '../probe.ts'
import { Busy, demand, isBusy, type ProbeLane } from '../probe-lane.ts'
import { contextOf } from '../tenant-setting.ts'
import { setContext } from '../tenant-statements.ts'
import { fingerprintsOf, lookStatement, type Look } from './look.ts'
import type { NamedSurface } from './surface-list.ts'

/** How many relations are looked at in one statement. */
const RELATIONS_A_LOOK = 25
/** How many calls of a function are made one by one, when it refuses some: each is a round trip in the same transaction. */
const CALLS_ALONE = 30

/** What was seen through each surface, look by look. */
export type Sight = ReadonlyMap<NamedSurface, readonly string[]>

/** A, who looks: at much in one statement where that is possible, in a read-only subtransaction, and always as itself. */
export class Observer {
  readonly #setup: Pick<ProbeSetup, 'setting'>
  readonly #lane: ProbeLane
  readonly #unseen = new Map<string, string>()
  readonly #movers = new Set<string>()
  /** Surfaces whose looks had no time together; from then on some of them are made, each alone. */
  readonly #hurried = new Set<NamedSurface>()
  /** As A says who it is: the same text each time, so that a function that changes it is noticed. */
  #context = ''

  constructor(setup: Pick<ProbeSetup, 'setting'>, lane: ProbeLane) {
    this.#setup = setup
    this.#lane = lane
  }

  /** Surfaces that are not to be looked through, and why. */
  get unseen(): ReadonlyMap<string, string> {
    return this.#unseen
  }

  /** Surfaces that left another context behind than they found. */
  get movers(): ReadonlySet<string> {
    return this.#movers
  }

  giveUp({ name }: NamedSurface, reason: string): void {
    this.#unseen.set(name, reason)
  }

  /** Begins to look as the organization, from the state of the transaction as it is now. */
  async begin(organization: string): Promise<void> {
    this.#context = contextOf(this.#setup.setting, organization)
    await this.mark()
  }

  /** The state to which every look goes back. */
  async mark(): Promise<void> {
    demand(await this.#lane.run(['savepoint partywall_look']))
  }

  /** Undoes what the looks have left, so that the transaction may write again. */
  async stop(): Promise<void> {
    demand(await this.#lane.run(['rollback to savepoint partywall_look']))
  }

  /** All looks of a chunk at once, as long as none of them fails. */
  async look(chunk: readonly NamedSurface[], looks: ReadonlyMap<NamedSurface, readonly Look[]>): Promise<Sight> {
    const all = chunk.flatMap((surface) => looks.get(surface) ?? [])
    const prints = chunk.some((surface) => this.#hurried.has(surface)) ? undefined : await this.#printsOf(chunk, all)
    const seen = new Map<NamedSurface, readonly string[]>()
    let at = 0
    for (const surface of chunk) {
      const own = looks.get(surface) ?? []
      seen.set(surface, prints?.slice(at, (at += own.length)) ?? (await this.#lookOneByOne(surface, own)))
    }
    return seen
  }

  /**
   * Whether A saw the same. Where a busy server left no time for all looks the second time, those that were made both
   * times count: that fewer were made is not what A sees.
   */
  isSame(surface: NamedSurface, seen: readonly string[], before: readonly string[]): boolean {
    const made = this.#hurried.has(surface) ? before.slice(0, seen.length) : before
    return seen.length === made.length && seen.every((print, at) => print === made[at])
  }

  async #lookOneByOne(surface: NamedSurface, looks: readonly Look[]): Promise<readonly string[]> {
    const prints: string[] = []
    for (const look of looks.slice(0, CALLS_ALONE)) prints.push(...((await this.#printsOf([surface], [look])) ?? []))
    return prints
  }

  /** Undefined when one of several looks failed. */
  async #printsOf(chunk: readonly NamedSurface[], looks: readonly Look[]): Promise<readonly string[] | undefined> {
    const [surface] = chunk as [NamedSurface]
    if (looks.length === 0 || (chunk.length === 1 && this.#unseen.has(surface.name))) return []
    const outcome = await this.#lane.run([...this.#asReader(), lookStatement(looks, this.#setup.setting.name)])
    if (outcome.kind === 'rows') {
      if (outcome.rows[0]?.['context'] !== this.#context) this.#movers.add(surface.name)
    } else if (looks.length > 1) {
      if (outcome.sqlState !== '57014' && isBusy(outcome.sqlState)) throw new Busy(describe(outcome))
      if (outcome.sqlState === '57014' && chunk.length === 1) this.#hurried.add(surface)
      return undefined
    } else {
      this.#explain(surface, outcome)
    }
    return fingerprintsOf(outcome)
  }

  #explain(surface: NamedSurface, outcome: Outcome & { kind: 'error' }): void {
    if (outcome.sqlState === '57014') this.giveUp(surface, 'it takes longer than 200 ms')
    else if (outcome.sqlState === '25006') this.giveUp(surface, 'it writes')
    else if (isBusy(outcome.sqlState)) throw new Busy(describe(outcome))
  }

  /** Read-only until the next rollback to the savepoint: what a function would write or draw is refused. */
  #asReader(): readonly string[] {
    return [
      'rollback to savepoint partywall_look',
      ...(this.#lane.as('app') ?? []),
      setContext(this.#setup.setting.name, this.#context),
      'set local transaction_read_only = on',
    ]
  }
}

/** Relations together, every function alone; in their order. */
export function chunksOf(surfaces: readonly NamedSurface[]): readonly (readonly NamedSurface[])[] {
  const chunks: NamedSurface[][] = []
  for (const surface of surfaces) {
    const last = chunks.at(-1)
    if (surface.isRelation && last?.[0]?.isRelation === true && last.length < RELATIONS_A_LOOK) last.push(surface)
    else chunks.push([surface])
  }
  return chunks
}
