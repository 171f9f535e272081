import { AsyncLocalStorage } from 'node:async_hooks'

/** Options of {@link coalesce}. */
export interface CoalesceOptions<Question, Answer> {
  /** Asks all of them at once, and answers each in its place. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>
  /** Questions with one key, asked at the same time, get one answer. */
  readonly keyOf: (question: Question) => string
  /** How many are asked at once. @defaultValue 200 */
  readonly maxQuestions?: number | undefined
  /** How many calls of `ask` may be under way. @defaultValue 2 */
  readonly maxInFlight?: number | undefined
  /**
   * Whether an error may come from one question alone: then each is asked by itself, and only that one fails.
   *
   * @defaultValue no error does
   */
  readonly isOfOne?: ((error: unknown) => boolean) | undefined
}

/**
 * Asks many questions at once: those of one turn of the event loop, and those that come while `maxInFlight` calls are
 * under way, go into one call of `ask`. A question is never answered by a call that began before it was asked, so that
 * what is answered is no older than without.
 *
 * `ask` runs outside the asynchronous context of whoever asks: it serves many.
 *
 * @example
 * ```ts
 * const nameOf = coalesce<string, string | undefined>({ ask: (ids) => selectNames(ids), keyOf: (id) => id })
 * // One statement for both.
 * const names = await Promise.all([nameOf('1'), nameOf('2')]) // ['ada', 'bob']
 * ```
 */
export function coalesce<Question, Answer>(
  options: CoalesceOptions<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const queue = new QuestionQueue(options)
  return (question) => queue.ask(question)
}

interface Waiting<Question, Answer> {
  readonly question: Question
  readonly answer: Promise<Answer>
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

class QuestionQueue<Question, Answer> {
  readonly #options: CoalesceOptions<Question, Answer>
  readonly #maxQuestions: number
  readonly #maxInFlight: number
  readonly #outside = AsyncLocalStorage.snapshot()
  #waiting = new Map<string, Waiting<Question, Answer>>()
  #inFlight = 0
  #scheduled = false

  constructor(options: CoalesceOptions<Question, Answer>) {
    this.#options = options
    this.#maxQuestions = options.maxQuestions ?? 200
    this.#maxInFlight = options.maxInFlight ?? 2
  }

  ask(question: Question): Promise<Answer> {
    const key = this.#options.keyOf(question)
    const same = this.#waiting.get(key)
    if (same !== undefined) return same.answer
    const { promise: answer, resolve, reject } = Promise.withResolvers<Answer>()
    this.#waiting.set(key, { question, answer, resolve, reject })
    this.#schedule()
    return answer
  }

  /** After the requests that arrived in this turn were read, each of which runs in a callback of its own. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= this.#maxInFlight) return
    this.#scheduled = true
    this.#outside(() => setImmediate(() => this.#flush()))
  }

  #flush(): void {
    this.#scheduled = false
    while (this.#waiting.size > 0 && this.#inFlight < this.#maxInFlight) {
      const batch = this.#take()
      this.#inFlight += 1
      void this.#answer(batch).finally(() => {
        this.#inFlight -= 1
        if (this.#waiting.size > 0) this.#flush()
      })
    }
  }

  #take(): readonly Waiting<Question, Answer>[] {
    const all = this.#waiting
    if (all.size <= this.#maxQuestions) {
      this.#waiting = new Map()
      return [...all.values()]
    }
    const batch = [...all].slice(0, this.#maxQuestions)
    for (const [key] of batch) all.delete(key)
    return batch.map(([, waiting]) => waiting)
  }

  async #answer(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.ask(batch.map(({ question }) => question))
      for (const [at, { resolve }] of batch.entries()) resolve(answers[at] as Answer)
    } catch (error) {
      if (batch.length > 1 && this.#options.isOfOne?.(error) === true) {
        await Promise.all(batch.map((one) => this.#answer([one])))
        return
      }
      for (const { reject } of batch) reject(error)
    }
  }
}
