import { createHash } from 'node:crypto'
import { TenancyError } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Phase, Step } from '../plan/step.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.ts'

/** What the database remembers of its conversion. */
export interface ConversionState {
  readonly phase: Phase
  /** The plan as it was frozen; undefined until the first apply. */
  readonly plan: Plan | undefined
  readonly planHash: string | undefined
  readonly done: ReadonlySet<string>
  /** Phases of which a step has run, wholly or in part, and was not forgotten since. */
  readonly begun: ReadonlySet<Phase>
}

/** A place in a table that is written in batches: everything before the block is done. */
export interface BatchProgress {
  /** The quoted name. */
  readonly table: string
  /** The file of the table, as `pg_relation_filenode` tells it. */
  readonly file: string
  readonly next: number
  readonly end: number
}

/** The frozen plan, the phase that is complete, and a row for each step that ran. */
export class Journal {
  readonly #session: Session
  readonly #schema: string
  readonly #name: string

  constructor(session: Session, controlSchema: string) {
    this.#session = session
    this.#name = controlSchema
    this.#schema = quoteIdentifier(controlSchema)
  }

  /** Whether the tables of the journal are there. */
  async exists(): Promise<boolean> {
    const { rows } = await this.#session.query<{ found: boolean }>(
      'select to_regclass($1) is not null and to_regclass($2) is not null as found',
      [`${this.#schema}.conversion`, `${this.#schema}.journal`],
    )
    return rows[0]?.found === true
  }

  /**
   * Reads the state; undefined when the control plane is not installed.
   *
   * @throws TenancyError `PLAN_UNKNOWN` when the frozen plan was written by a newer version.
   */
  async read(): Promise<ConversionState | undefined> {
    if (!(await this.exists())) return undefined
    const { rows } = await this.#session.query<{ phase: Phase; plan: Plan | null; plan_hash: string | null }>(
      `select phase, plan, plan_hash from ${this.#schema}.conversion`,
    )
    const { rows: entries } = await this.#session.query<{ step_id: string; phase: Phase; status: string }>(
      `select step_id, phase, status from ${this.#schema}.journal`,
    )
    const row = rows[0]
    if (row?.plan !== null && row?.plan !== undefined && row.plan.format !== 1) {
      throw new TenancyError(
        'PLAN_UNKNOWN',
        `The plan in ${this.#name}.conversion has a format that this version does not know. Use the version of partywall that wrote it.`,
      )
    }
    return {
      phase: row?.phase ?? 'install',
      plan: row?.plan ?? undefined,
      planHash: row?.plan_hash ?? undefined,
      done: new Set(entries.filter((entry) => entry.status === 'done').map((entry) => entry.step_id)),
      begun: new Set(entries.map((entry) => entry.phase)),
    }
  }

  async freeze(plan: Plan): Promise<void> {
    const text = JSON.stringify(plan)
    await this.#session.query(
      `update ${this.#schema}.conversion set plan = $1, plan_hash = $2, updated_at = pg_catalog.now()`,
      [text, hashPlan(plan)],
    )
  }

  /** Marks a step that runs outside of a transaction, before it runs. */
  async start(step: Step, position: number): Promise<void> {
    await this.#write(step, { position, status: 'started', durationMs: null })
  }

  /** Marks a step as done; meant for the transaction of the step itself. */
  async finish(step: Step, position: number, durationMs: number): Promise<void> {
    await this.#write(step, { position, status: 'done', durationMs })
  }

  /** How far a step in batches came; undefined when it has not begun. */
  async progressOf(step: Step): Promise<BatchProgress | undefined> {
    const { rows } = await this.#session.query<{ progress: BatchProgress | null }>(
      `select progress from ${this.#schema}.journal where step_id = $1`,
      [step.id],
    )
    return rows[0]?.progress ?? undefined
  }

  /**
   * Moves the place of a step in batches forward; meant for the transaction of the batch. False when the table was
   * rewritten since, so that places in it mean nothing any more.
   */
  async advance(step: Step, position: number, progress: BatchProgress): Promise<boolean> {
    const { rowCount } = await this.#session.query(
      `insert into ${this.#schema}.journal (step_id, position, phase, status, progress, inverse)
       select $1, $2, $3, 'started', $4::jsonb, $5::jsonb where pg_relation_filenode($6::regclass)::text = $7
       on conflict (step_id) do update set progress = excluded.progress`,
      [
        step.id,
        position,
        step.phase,
        JSON.stringify(progress),
        JSON.stringify(step.inverse),
        progress.table,
        progress.file,
      ],
    )
    return rowCount === 1
  }

  async forget(stepIds: readonly string[]): Promise<void> {
    await this.#session.query(`delete from ${this.#schema}.journal where step_id = any($1)`, [stepIds])
  }

  async setPhase(phase: Phase): Promise<void> {
    await this.#session.query(`update ${this.#schema}.conversion set phase = $1, updated_at = pg_catalog.now()`, [
      phase,
    ])
  }

  async #write(
    step: Step,
    entry: { position: number; status: 'started' | 'done'; durationMs: number | null },
  ): Promise<void> {
    const finished = entry.status === 'done' ? 'pg_catalog.clock_timestamp()' : 'null'
    await this.#session.query(
      `insert into ${this.#schema}.journal (step_id, position, phase, status, finished_at, duration_ms, inverse)
       values ($1, $2, $3, $4, ${finished}, $5, $6)
       on conflict (step_id) do update set status = excluded.status, finished_at = excluded.finished_at, duration_ms = excluded.duration_ms`,
      [step.id, entry.position, step.phase, entry.status, entry.durationMs, JSON.stringify(step.inverse)],
    )
  }
}

/** Names a plan: equal plans have equal hashes. */
export function hashPlan(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex')
}

/** The id of the default organization that is installed already, so that a plan made later names the same one. */
export async function findDefaultOrganization(session: Session, controlSchema: string): Promise<string | undefined> {
  const table = `${quoteIdentifier(controlSchema)}.organizations`
  const { rows: found } = await session.query<{ found: boolean }>(
    `select to_regclass(${quoteLiteral(table)}) is not null as found`,
  )
  if (found[0]?.found !== true) return undefined
  const { rows } = await session.query<{ id: string }>(`select id::text as id from ${table} where is_default`)
  return rows[0]?.id
}
