import { setTimeout as wait } from 'node:timers/promises'
import { displayName } from '../../sql/identifier.ts'
import { makeRows, RowRefused } from '../make-rows.ts'
import { wordsSetOff } from '../outward-triggers.ts'
import { newOrganization, OutOfReach, refuseOutward, rowPlanner, type ProbeSetup } from '../make-target.ts'
import { Busy, demand, type ProbeLane } from '../probe-lane.ts'
import { RowPlanError, type PlannedRow } from '../rows/plan-rows.ts'
import type { Crossing } from '../verify-report.ts'
import type { Look } from './look.ts'
import { crossingsOf, moved, unexplained, type Blame, type Change, type Writer } from './blames.ts'
import { detoursOf, noDetours, type Detours } from './detours.ts'
import { deedsOf, doDeed, register, type Doing } from './neighbour.ts'
import { chunksOf, Observer, type Sight } from './observer.ts'
import type { NamedSurface } from './surface-list.ts'

export interface InterferenceResult {
  readonly run: number
  readonly blocked: number
  readonly crossings: readonly Crossing[]
  /** Surfaces that were compared before and after. */
  readonly compared: readonly string[]
  readonly staticOnly: readonly { readonly surface: string; readonly reason: string }[]
  /** Tables to which B could not write in this way, and why. */
  readonly unproved: readonly { readonly table: string; readonly reason: string }[]
}

export interface InterferenceOptions {
  readonly setup: ProbeSetup
  readonly lane: ProbeLane
  readonly surfaces: readonly NamedSurface[]
  /** Ways in which B writes beside its tables. @defaultValue none */
  readonly detours?: Detours
}

/** How many tables B writes to in one transaction. */
const GROUP = 16
const PATIENCE = 5

/**
 * Noninterference: what A sees, through everything that it may read or call, stays the same while B's rows are written,
 * changed and deleted. Runs in transactions that are always rolled back; A looks in a read-only subtransaction.
 */
export class InterferenceProber {
  readonly #setup: ProbeSetup
  readonly #lane: ProbeLane
  readonly #observer: Observer
  readonly #detours: Detours
  readonly #compared = new Set<string>()
  readonly #unproved = new Map<string, string>()
  #surfaces: readonly NamedSurface[]
  /** All tables into which B writes, and how their rows are filled. */
  #writers: readonly Writer[] = []
  /** Tables whose rows are made without those of A that their triggers may touch: together the server refused them. */
  readonly #unwitnessed = new Set<Writer>()
  #run = 0
  #blocked = 0

  constructor({ setup, lane, surfaces, detours = noDetours }: InterferenceOptions) {
    this.#setup = setup
    this.#detours = detours
    this.#lane = lane
    this.#observer = new Observer(setup, lane)
    for (const surface of surfaces) if (surface.reason !== undefined) this.#observer.giveUp(surface, surface.reason)
    this.#surfaces = surfaces.filter((surface) => surface.reason === undefined)
  }

  async probe(writers: readonly Writer[]): Promise<InterferenceResult> {
    this.#writers = writers
    const seen: Blame[] = []
    const blamed: Blame[] = []
    for (const group of groupsOf(writers)) {
      const changes = await this.#compareOrSplit(group, this.#surfaces)
      this.#surfaces = this.#surfaces.filter((surface) => !this.#observer.unseen.has(surface.name))
      if (changes.length === 0) continue
      seen.push({ writer: group[0] as Writer, changes })
      blamed.push(...(await this.#blame(group, changes)))
    }
    return this.#result([...blamed, ...unexplained(seen, blamed)])
  }

  #result(blames: readonly Blame[]): InterferenceResult {
    return {
      run: this.#run,
      blocked: this.#blocked,
      crossings: [...blames.flatMap(crossingsOf), ...[...this.#observer.movers].map(moved)],
      compared: [...this.#compared].filter((name) => !this.#observer.unseen.has(name)),
      staticOnly: [...this.#observer.unseen].map(([surface, reason]) => ({ surface, reason })),
      unproved: [...this.#unproved].map(([table, reason]) => ({ table, reason })),
    }
  }

  /** Which table of a group it was: each of them alone, seen through what had changed only. */
  async #blame(group: readonly Writer[], changes: readonly Change[]): Promise<readonly Blame[]> {
    const surfaces = changes.map((change) => change.surface)
    const blames: Blame[] = []
    for (const writer of group) blames.push({ writer, changes: await this.#compareOrSplit([writer], surfaces) })
    return blames
  }

  /** When the rows of a group cannot be made together, each table stands alone; one that has no rows then changes nothing. */
  async #compareOrSplit(group: readonly Writer[], surfaces: readonly NamedSurface[]): Promise<readonly Change[]> {
    const changes: Change[] = []
    let patience = PATIENCE
    for (let at = 0; at < surfaces.length;) {
      try {
        const { done, changed } = await this.#compareOnce(group, surfaces.slice(at))
        changes.push(...changed)
        at += done
      } catch (error) {
        if (error instanceof Busy && patience > 0) {
          patience -= 1
          await wait(20 * (PATIENCE - patience))
        } else if (![Busy, RowRefused, RowPlanError, OutOfReach].some((reason) => error instanceof reason)) {
          throw error
        } else if (group.length === 1 && this.#witnesses(group).length > 0) {
          for (const writer of group) this.#unwitnessed.add(writer)
        } else if (group.length === 1) {
          for (const { shape } of group) this.#unproved.set(displayName(shape), (error as Error).message)
          return changes
        } else {
          const alone = []
          for (const writer of group) alone.push(...(await this.#compareOrSplit([writer], surfaces.slice(at))))
          return [...changes, ...alone]
        }
      }
    }
    return changes
  }

  /** One transaction: as many of the surfaces as its budget has room for, and at least one. */
  async #compareOnce(
    group: readonly Writer[],
    surfaces: readonly NamedSurface[],
  ): Promise<{ readonly done: number; readonly changed: readonly Change[] }> {
    const startedAt = performance.now()
    const lane = this.#lane
    const { plan, setting, transactionBudgetMs } = this.#setup
    try {
      demand(await lane.begin('stable'))
      const only = group.length === 1 ? group[0]?.shape : undefined
      const a = newOrganization(this.#setup, only)
      const b = newOrganization(this.#setup, only, a)
      const { own, foreign } = this.#planRows(group, { a, b })
      await register({ setup: this.#setup, lane }, { organizations: [a, b], rows: [...own, ...foreign] })
      await makeRows(lane, setting, own)
      await this.#observer.begin(a)
      const detours = detoursOf(
        this.#detours,
        group.map((writer) => writer.shape),
        group.some((writer) => writer.shape === this.#writers[0]?.shape) ? this.#writers.map((one) => one.shape) : null,
      )
      // What A sees is looked at after each deed, and the rows of B take their time too.
      const rounds = deedsOf(detours).length + 2
      const deadline = performance.now() + (transactionBudgetMs - (performance.now() - startedAt)) / rounds
      const neighbour = { rows: foreign, organization: b, keyType: plan.settings.keyType }
      const before = new Map<NamedSurface, readonly string[]>()
      const looks = new Map<NamedSurface, readonly Look[]>()
      for (const chunk of chunksOf(surfaces)) {
        if (before.size > 0 && performance.now() > deadline) break
        for (const surface of chunk) looks.set(surface, surface.looks(neighbour))
        for (const [surface, seen] of await this.#observer.look(chunk, looks)) before.set(surface, seen)
      }
      const doing = { rows: foreign, detours, organization: b, callsMs: transactionBudgetMs / 2 }
      const changed = await this.#compareDeeds({ before, looks, doing })
      return { done: before.size, changed }
    } finally {
      await lane.rollback()
    }
  }

  async #compareDeeds(scene: {
    readonly before: Sight
    readonly looks: ReadonlyMap<NamedSurface, readonly Look[]>
    readonly doing: Doing
  }): Promise<readonly Change[]> {
    const { before, looks, doing } = scene
    const changes = new Map<NamedSurface, Change>()
    // Once more without a deed: what changes by itself says nothing.
    for (const deed of ['none', ...deedsOf(doing.detours)] as const) {
      if (deed !== 'none') {
        await this.#observer.stop()
        await doDeed({ setup: this.#setup, lane: this.#lane }, deed, doing)
        await this.#observer.mark()
      }
      const surfaces = [...before.keys()].filter((surface) => !this.#observer.unseen.has(surface.name))
      for (const chunk of chunksOf(surfaces)) {
        for (const [surface, seen] of await this.#observer.look(chunk, looks)) {
          if (this.#observer.unseen.has(surface.name)) continue
          const isSame = this.#observer.isSame(surface, seen, before.get(surface) ?? [])
          if (deed === 'none') {
            if (!isSame) this.#observer.giveUp(surface, 'what it shows changes by itself')
          } else {
            this.#count(surface, isSame)
            if (!isSame) changes.set(surface, { surface, deeds: (changes.get(surface)?.deeds ?? new Set()).add(deed) })
          }
        }
      }
    }
    return [...changes.values()]
  }

  #count(surface: NamedSurface, isSame: boolean): void {
    this.#compared.add(surface.name)
    this.#run += 1
    if (isSame) this.#blocked += 1
  }

  /** Tables that a trigger or a rule of the group names: what it does to the rows of all shows in a row of A. */
  #witnesses(group: readonly Writer[]): readonly Writer[] {
    const { reactions } = this.#setup
    return this.#writers.filter(
      (other) =>
        !group.includes(other) &&
        other.filling === group[0]?.filling &&
        group.some((one) => !this.#unwitnessed.has(one) && wordsSetOff(one.shape, reactions).has(other.shape.name)),
    )
  }

  #planRows(
    group: readonly Writer[],
    { a, b }: { a: string; b: string },
  ): { own: readonly PlannedRow[]; foreign: readonly PlannedRow[] } {
    const filling = (group[0] as Writer).filling
    const planner = rowPlanner(this.#setup, { lane: this.#lane, filling })
    const ofAttacker = [...group, ...this.#witnesses(group)]
    for (const { shape } of ofAttacker) if (shape.class === 'tenant') planner.rowOf(shape, a)
    const ofA = planner.ordered.length
    for (const { shape } of group) planner.rowOf(shape, b)
    refuseOutward(planner.ordered, this.#setup.reactions)
    // Of a table alone only its row is B's deed: the rows that it references are there before.
    const before = group.length === 1 ? planner.ordered.length - 1 : ofA
    const [own, foreign] = [planner.ordered.slice(0, before), planner.ordered.slice(before)]
    return { own: [...own, ...foreign.filter(isForAll)], foreign: foreign.filter((row) => !isForAll(row)) }
  }
}

/** What B's rows refer to and every organization sees by design: no deed of B. */
function isForAll({ table }: PlannedRow): boolean {
  return table.class === 'shared' || table.class === 'skipped'
}

/** Tables whose rows are filled alike, since one planner makes them all. */
function groupsOf(writers: readonly Writer[]): readonly (readonly Writer[])[] {
  const alike = Map.groupBy(writers, (writer) => writer.filling)
  return [...alike.values()].flatMap((ones) =>
    Array.from({ length: Math.ceil(ones.length / GROUP) }, (_, at) => ones.slice(at * GROUP, (at + 1) * GROUP)),
  )
}
