import type { OnProgress, Progress } from '../src/apply/progress.ts'
import type { Session } from '../src/database/session.ts'

/** What a run ends with at a crash point. */
export class Crash extends Error {}

/** A crash after a statement that changes nothing is one after the statement before it. */
const isRead = /^\s*(select|begin|show)\b/i

/**
 * Every statement that changes something is a point at which a run may die, told by its step and its number
 * there. A run dies at the first point at which none has died before: the statement is done, its answer is lost, and
 * nothing more reaches the server. So a row of runs, each taking up the last, dies once after every single statement.
 */
export class CrashPoints {
  readonly #every: number
  readonly #seen = new Set<string>()
  #place = 'start'
  #number = 0
  crashes = 0

  /** With `every` above one, only each so many-th point kills. */
  constructor(every: number) {
    this.#every = every
  }

  readonly onProgress: OnProgress = (progress: Progress) => {
    if (progress.type === 'planned') this.#enter('planned')
    if (progress.type === 'started') this.#enter(progress.operation.id)
    if (progress.type === 'finished') this.#enter(`after ${progress.operation.id}`)
  }

  /** A session of one run. */
  wrap(session: Session): Session {
    this.#enter('start')
    let isDead = false
    return {
      query: async <Row>(text: string, values?: readonly unknown[]) => {
        if (isDead) throw new Crash()
        const result = await session.query<Row>(text, values)
        isDead = !isRead.test(text) && this.#kills()
        if (isDead) throw new Crash(`${this.#place}, statement ${this.#number}: ${text.slice(0, 80)}`)
        return result
      },
    }
  }

  #enter(place: string): void {
    this.#place = place
    this.#number = 0
  }

  #kills(): boolean {
    this.#number += 1
    const point = `${this.#place}\0${this.#number}`
    if (this.#seen.has(point)) return false
    this.#seen.add(point)
    if (this.#seen.size % this.#every !== 0) return false
    this.crashes += 1
    return true
  }
}
