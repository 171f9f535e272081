import { setTimeout as wait } from 'node:timers/promises'
import { displayName } from '../../sql/identifier.ts'
import { makeRows, RowRefused } from '../make-rows.ts'
import { newOrganization, OutOfReach, refuseOutward, rowPlanner, type ProbeSetup } from '../make-target.ts'
import { describe, type Outcome } from '../probe.ts'
import { Busy, isBusy, type ProbeLane } from '../probe-lane.ts'
import { RowPlanError, type Filling, type PlannedRow } from '../rows/plan-rows.ts'
import type { TableShape } from '../rows/table-shape.ts'
import { contextOf } from '../tenant-setting.ts'
import { setContext } from '../tenant-statements.ts'
import type { Crossing } from '../verify-report.ts'
import { fingerprintsOf, lookStatement, type Look } from './look.ts'
import { deeds, doDeed, register, type Deed } from './neighbour.ts'
import type { NamedSurface } from './surface-list.ts'

/** A table into which B writes, and how its rows are filled. */
export interface Writer {
  readonly shape: TableShape
  readonly filling: Filling
}

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

/** How many tables B writes to in one transaction. */
const GROUP = 16
/** How many relations A looks at in one statement. */
const RELATIONS_A_LOOK = 25
const PATIENCE = 5

interface Change {
  readonly surface: NamedSurface
  readonly deeds: Set<Deed>
}

/**
 * Noninterference: what A sees, through everything that it may read or call, stays the same while B's rows are written,
 * changed and deleted. Runs in transactions that are always rolled back; A looks in a read-only subtransaction.
 */
export class InterferenceProber {
  readonly #setup: ProbeSetup
  readonly #lane: ProbeLane
  readonly #static = new Map<string, string>()
  readonly #compared = new Set<string>()
  readonly #crossings: Crossing[] = []
  readonly #unproved = new Map<string, string>()
  #surfaces: readonly NamedSurface[]
  /** As A says who it is: the same text each time, so that a function that changes it is noticed. */
  #context = ''
  #run = 0
  #blocked = 0

  constructor(setup: ProbeSetup, lane: ProbeLane, surfaces: readonly NamedSurface[]) {
    this.#setup = setup
    this.#lane = lane
    for (const { name, reason } of surfaces) if (reason !== undefined) this.#static.set(name, reason)
    this.#surfaces = surfaces.filter((surface) => surface.reason === undefined)
  }

  async probe(writers: readonly Writer[]): Promise<InterferenceResult> {
    for (const group of groupsOf(writers)) {
      const changes = await this.#compareOrSplit(group, this.#surfaces)
      this.#surfaces = this.#surfaces.filter((surface) => !this.#static.has(surface.name))
      if (changes.length > 0) await this.#blame(group, changes)
    }
    return {
      run: this.#run,
      blocked: this.#blocked,
      crossings: this.#crossings,
      compared: [...this.#compared].filter((name) => !this.#static.has(name)),
      staticOnly: [...this.#static].map(([surface, reason]) => ({ surface, reason })),
      unproved: [...this.#unproved].map(([table, reason]) => ({ table, reason })),
    }
  }

  /** Which table of a group it was: each of them alone, seen through what had changed only. */
  async #blame(group: readonly Writer[], changes: readonly Change[]): Promise<void> {
    const surfaces = changes.map((change) => change.surface)
    const guilty: { readonly writer: Writer; readonly changes: readonly Change[] }[] = []
    for (const writer of group) {
      const found = await this.#compareOrSplit([writer], surfaces)
      if (found.length > 0) guilty.push({ writer, changes: found })
    }
    // What only several of them bring about together is told of the first.
    const blamed = guilty.length > 0 ? guilty : [{ writer: group[0] as Writer, changes }]
    this.#crossings.push(
      ...blamed.flatMap(({ writer, changes: found }) =>
        found.map(({ surface, deeds: done }) => ({
          table: displayName(writer.shape),
          probe: 'noninterference',
          detail: `through the ${surface.name} A sees B ${deeds.filter((one) => done.has(one)).join(' and ')} a row`,
        })),
      ),
    )
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
      this.#demand(await lane.begin('stable'))
      const [a, b] = [newOrganization(this.#setup), newOrganization(this.#setup)]
      this.#context = contextOf(setting, a)
      const { own, foreign } = this.#planRows(group, { a, b })
      await register({ setup: this.#setup, lane }, { organizations: [a, b], rows: [...own, ...foreign] })
      await makeRows(lane, setting, own)
      await this.#mark()
      // What A sees is looked at four times, and the rows of B take their time too.
      const deadline = performance.now() + (transactionBudgetMs - (performance.now() - startedAt)) / 5
      const neighbour = { rows: foreign, organization: b, keyType: plan.settings.keyType }
      const before = new Map<NamedSurface, readonly string[]>()
      const looks = new Map<NamedSurface, readonly Look[]>()
      for (const chunk of chunksOf(surfaces)) {
        if (before.size > 0 && performance.now() > deadline) break
        for (const surface of chunk) looks.set(surface, surface.looks(neighbour))
        for (const [surface, seen] of await this.#look(chunk, looks)) before.set(surface, seen)
      }
      const changed = await this.#compareDeeds({ before, looks, foreign })
      return { done: before.size, changed }
    } finally {
      await lane.rollback()
    }
  }

  async #compareDeeds(scene: {
    readonly before: ReadonlyMap<NamedSurface, readonly string[]>
    readonly looks: ReadonlyMap<NamedSurface, readonly Look[]>
    readonly foreign: readonly PlannedRow[]
  }): Promise<readonly Change[]> {
    const { before, looks, foreign } = scene
    const changes = new Map<NamedSurface, Change>()
    // Once more without a deed: what changes by itself says nothing.
    for (const deed of ['none', ...deeds] as const) {
      if (deed !== 'none') {
        await this.#mustRun(['rollback to savepoint partywall_look'])
        await doDeed({ setup: this.#setup, lane: this.#lane }, deed, foreign)
        await this.#mark()
      }
      const surfaces = [...before.keys()].filter((surface) => !this.#static.has(surface.name))
      for (const chunk of chunksOf(surfaces)) {
        for (const [surface, seen] of await this.#look(chunk, looks)) {
          const isSame = seen.every((print, at) => print === before.get(surface)?.[at])
          if (deed === 'none') {
            if (!isSame) this.#static.set(surface.name, 'what it shows changes by itself')
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

  #planRows(
    group: readonly Writer[],
    { a, b }: { a: string; b: string },
  ): { own: readonly PlannedRow[]; foreign: readonly PlannedRow[] } {
    const filling = (group[0] as Writer).filling
    const planner = rowPlanner(this.#setup, { lane: this.#lane, filling })
    for (const { shape } of group) if (shape.class === 'tenant') planner.rowOf(shape, a)
    const own = planner.ordered.length
    for (const { shape } of group) planner.rowOf(shape, b)
    refuseOutward(planner.ordered, this.#setup.reactions)
    // Of a table alone only its row is B's deed: the rows that it references are there before.
    const before = group.length === 1 ? planner.ordered.length - 1 : own
    return { own: planner.ordered.slice(0, before), foreign: planner.ordered.slice(before) }
  }

  /** All looks at once, as long as none of them fails. */
  async #look(
    chunk: readonly NamedSurface[],
    looks: ReadonlyMap<NamedSurface, readonly Look[]>,
  ): Promise<ReadonlyMap<NamedSurface, readonly string[]>> {
    const seen = new Map<NamedSurface, readonly string[]>()
    const together = chunk.flatMap((surface) => looks.get(surface) ?? [])
    const prints = await this.#printsOf(chunk, together)
    let at = 0
    for (const surface of chunk) {
      const own = looks.get(surface) ?? []
      const alone: string[] = []
      if (prints === undefined)
        for (const look of own) alone.push(...((await this.#printsOf([surface], [look])) ?? ['']))
      seen.set(surface, prints?.slice(at, (at += own.length)) ?? alone)
    }
    return seen
  }

  /** Undefined when one of several looks failed. */
  async #printsOf(chunk: readonly NamedSurface[], looks: readonly Look[]): Promise<readonly string[] | undefined> {
    const [surface] = chunk as [NamedSurface]
    if (looks.length === 0 || (chunk.length === 1 && this.#static.has(surface.name))) return ['']
    const outcome = await this.#lane.run([...this.#asReader(), lookStatement(looks, this.#setup.setting.name)])
    if (outcome.kind === 'rows') {
      if (outcome.rows[0]?.['context'] !== this.#context) this.#leftBehind(surface)
    } else if (looks.length > 1) {
      return undefined
    } else {
      this.#giveUp(surface, outcome)
    }
    return fingerprintsOf(outcome)
  }

  #giveUp({ name }: NamedSurface, outcome: Outcome & { kind: 'error' }): void {
    if (outcome.sqlState === '57014') this.#static.set(name, 'it takes longer than 200 ms')
    else if (outcome.sqlState === '25006') this.#static.set(name, 'it writes')
    else if (isBusy(outcome.sqlState)) throw new Busy(describe(outcome))
  }

  #leftBehind({ name }: NamedSurface): void {
    const detail = `the ${name} leaves another context behind than it found`
    if (!this.#crossings.some((one) => one.detail === detail))
      this.#crossings.push({ table: '', probe: 'noninterference', detail })
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

  async #mark(): Promise<void> {
    await this.#mustRun(['savepoint partywall_look'])
  }

  async #mustRun(statements: readonly string[]): Promise<void> {
    this.#demand(await this.#lane.run(statements))
  }

  #demand(outcome: Outcome): void {
    if (outcome.kind === 'rows') return
    throw isBusy(outcome.sqlState) ? new Busy(describe(outcome)) : new RowPlanError(describe(outcome))
  }
}

/** Tables whose rows are filled alike, since one planner makes them all. */
function groupsOf(writers: readonly Writer[]): readonly (readonly Writer[])[] {
  const alike = Map.groupBy(writers, (writer) => writer.filling)
  return [...alike.values()].flatMap((ones) =>
    Array.from({ length: Math.ceil(ones.length / GROUP) }, (_, at) => ones.slice(at * GROUP, (at + 1) * GROUP)),
  )
}

/** Relations together, every function alone; in their order. */
function chunksOf(surfaces: readonly NamedSurface[]): readonly (readonly NamedSurface[])[] {
  const chunks: NamedSurface[][] = []
  for (const surface of surfaces) {
    const last = chunks.at(-1)
    if (surface.isRelation && last?.[0]?.isRelation === true && last.length < RELATIONS_A_LOOK) last.push(surface)
    else chunks.push([surface])
  }
  return chunks
}
