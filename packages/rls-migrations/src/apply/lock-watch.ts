import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../database/session.ts'
import { findBlockers, type Blocker } from './blockers.ts'

/** Milliseconds that work may last before anybody looks: most steps are over by then. */
const FIRST_LOOK_MS = 60
const LOOK_EVERY_MS = 100

/** How far an index is that is being built. */
export interface BuildProgress {
  readonly phase: string
  readonly done: number
  readonly total: number
}

export interface Watcher {
  readonly onBlocked: (blockers: readonly Blocker[]) => void
  readonly onBuild?: (progress: BuildProgress) => void
}

/** Looks, from a second session, at what keeps the first one waiting: a session that waits cannot tell by itself. */
export class LockWatch {
  readonly #session: Session
  readonly #pid: number

  /** `pid` is the backend of the session that works. */
  constructor(session: Session, pid: number) {
    this.#session = session
    this.#pid = pid
  }

  /** Watches for as long as `work` runs. A look that fails disturbs nothing. */
  async during<Result>(work: () => Promise<Result>, watcher: Watcher): Promise<Result> {
    const over = new AbortController()
    const watching = this.#watch(watcher, over.signal).catch(() => undefined)
    try {
      return await work()
    } finally {
      over.abort()
      await watching
    }
  }

  async #watch({ onBlocked, onBuild }: Watcher, signal: AbortSignal): Promise<void> {
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = LOOK_EVERY_MS) {
      await sleep(pauseMs, undefined, { signal })
      const blockers = await findBlockers(this.#session, this.#pid)
      if (blockers.length > 0) onBlocked(blockers)
      const build = onBuild === undefined ? undefined : await this.#findBuild()
      if (build !== undefined) onBuild?.(build)
    }
  }

  /** A build passes over its table more than once: `done` and `total` are those of the pass that `phase` names. */
  async #findBuild(): Promise<BuildProgress | undefined> {
    const { rows } = await this.#session.query<BuildProgress>(
      `select phase, greatest(blocks_done, tuples_done)::float8 as done, greatest(blocks_total, tuples_total)::float8 as total
       from pg_stat_progress_create_index where pid = $1`,
      [this.#pid],
    )
    return rows[0]
  }
}

/** A watch over `session` by `watcher`; none when nobody was given to watch. */
export async function openLockWatch(session: Session, watcher: Session | undefined): Promise<LockWatch | undefined> {
  if (watcher === undefined) return undefined
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
  return new LockWatch(watcher, rows[0]?.pid ?? 0)
}
