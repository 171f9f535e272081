import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { coalesce } from './coalesce.ts'
import type { CoalesceOptions } from './coalesce.ts'

interface Call {
  readonly questions: readonly string[]
  answer(): void
  fail(error: Error): void
}

/** A double of what is asked: it answers when the test says so. */
function questionnaire(options: Partial<CoalesceOptions<string, string>> = {}): {
  ask: (question: string) => Promise<string>
  calls: Call[]
} {
  const calls: Call[] = []
  const ask = coalesce<string, string>({
    keyOf: (question) => question,
    ask: (questions) =>
      new Promise((resolve, reject) => {
        const answer = (): void => resolve(questions.map((question) => question.toUpperCase()))
        calls.push({ questions, answer, fail: reject })
      }),
    ...options,
  })
  return { ask, calls }
}

describe('coalesce', () => {
  it('asks what came in one turn at once, and equal questions as one', async () => {
    const { ask, calls } = questionnaire()
    const answers = Promise.all(['a', 'b', 'a'].map(ask))
    await turn()
    expect(calls.map(({ questions }) => questions)).toEqual([['a', 'b']])
    calls[0]?.answer()
    expect(await answers).toEqual(['A', 'B', 'A'])
  })

  it('never answers a question by a call that began before it', async () => {
    const { ask, calls } = questionnaire({ maxInFlight: 1 })
    const first = ask('a')
    await turn()
    const second = ask('a')
    const third = ask('b')
    await turn()
    expect(calls).toHaveLength(1)
    calls[0]?.answer()
    expect(await first).toBe('A')
    await turn()
    expect(calls[1]?.questions).toEqual(['a', 'b'])
    calls[1]?.answer()
    expect(await Promise.all([second, third])).toEqual(['A', 'B'])
  })

  it('has no more calls under way than it may, and none larger', async () => {
    const { ask, calls } = questionnaire({ maxInFlight: 2, maxQuestions: 3 })
    const answers = Promise.all(Array.from({ length: 10 }, (_, n) => ask(String(n))))
    const sizes = async (): Promise<readonly number[]> => {
      await turn()
      return calls.map(({ questions }) => questions.length)
    }
    expect(await sizes()).toEqual([3, 3])
    calls[1]?.answer()
    expect(await sizes()).toEqual([3, 3, 3])
    calls[0]?.answer()
    calls[2]?.answer()
    expect(await sizes()).toEqual([3, 3, 3, 1])
    calls[3]?.answer()
    expect(await answers).toHaveLength(10)
  })

  it('fails all when the call fails, and asks anew afterwards', async () => {
    const { ask, calls } = questionnaire({ maxInFlight: 1 })
    const answers = Promise.allSettled(['a', 'b'].map(ask))
    await turn()
    calls[0]?.fail(new Error('gone'))
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const again = ask('a')
    await turn()
    calls[1]?.answer()
    expect(await again).toBe('A')
  })

  it('fails one alone where the error is of one', async () => {
    const asked: string[][] = []
    const ask = coalesce<string, string>({
      keyOf: (question) => question,
      isOfOne: (error) => (error as Error).message === 'odd',
      ask: async (questions) => {
        asked.push([...questions])
        if (questions.includes('odd')) throw new Error('odd')
        return questions
      },
    })
    const answers = await Promise.allSettled(['a', 'odd', 'b'].map(ask))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(asked).toEqual([['a', 'odd', 'b'], ['a'], ['odd'], ['b']])
  })

  it('asks outside the context of whoever asks, and answers inside it', async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const ask = storage.run('at creation', () =>
      coalesce<string, string>({
        keyOf: (question) => question,
        ask: async (questions) => {
          seen.push(storage.getStore())
          return questions
        },
      }),
    )
    const both = ['a', 'b'].map((who) =>
      storage.run(who, async () => {
        await ask(who)
        return storage.getStore()
      }),
    )
    expect(await Promise.all(both)).toEqual(['a', 'b'])
    expect(seen).toEqual(['at creation'])
  })
})
