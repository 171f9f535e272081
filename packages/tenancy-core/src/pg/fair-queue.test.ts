import { describe, expect, it } from 'vitest'
import { FairQueue } from './fair-queue.ts'
import type { FairQueueOptions } from './fair-queue.ts'

/** A queue on a clock that only the test moves, and what happens in it. */
function opened(options: Partial<FairQueueOptions> = {}): {
  ask: (organizationId: string, signal?: AbortSignal) => void
  finish: (ms?: number) => void
  granted: string[]
  refused: unknown[]
  queue: FairQueue
} {
  let nowMs = 0
  const granted: string[] = []
  const refused: unknown[] = []
  const held: (() => void)[] = []
  const queue = new FairQueue({
    max: 1,
    maxPerOrganization: undefined,
    queueTimeoutMs: undefined,
    now: () => nowMs,
    ...options,
  })
  return {
    ask: (organizationId, signal) =>
      queue.acquire({
        scope: { organizationId, signal },
        grant: (slot) => {
          granted.push(organizationId)
          held.push(() => queue.release(slot))
        },
        refuse: (error) => refused.push(error),
      }),
    finish: (ms = 5) => {
      nowMs += ms
      held.shift()?.()
    },
    granted,
    refused,
    queue,
  }
}

function times(count: number, fn: () => void): void {
  for (let turn = 0; turn < count; turn += 1) fn()
}

describe('FairQueue', () => {
  it('grants the next free slot to an organization that did not wait, before 1,000 of another', () => {
    const { ask, finish, granted } = opened()
    times(1000, () => ask('busy'))
    times(10, () => finish())
    const before = granted.length
    ask('single')
    finish()
    expect(granted.slice(before)).toEqual(['single'])
  })

  it('alternates between organizations that wait with equal statements', () => {
    const { ask, finish, granted } = opened()
    times(100, () => ask('a'))
    times(100, () => ask('b'))
    times(99, () => finish())
    const ofA = granted.filter((id) => id === 'a').length
    expect(Math.abs(ofA - 50)).toBeLessThanOrEqual(2)
  })

  it('shares time and not statements', () => {
    const { ask, finish, granted } = opened()
    times(500, () => ask('slow'))
    times(500, () => ask('fast'))
    let spentMs = 0
    while (spentMs < 5000) {
      const ms = granted.at(-1) === 'slow' ? 100 : 10
      spentMs += ms
      finish(ms)
    }
    const slowMs = granted.slice(0, -1).filter((id) => id === 'slow').length * 100
    expect(slowMs).toBeGreaterThan(2000)
    expect(slowMs).toBeLessThan(3000)
  })

  it('does not let newcomers keep a waiting organization out', () => {
    const { ask, finish, granted } = opened()
    times(10, () => ask('patient'))
    times(200, () => {
      times(2, () => ask(`newcomer ${granted.length} ${Math.random()}`))
      finish()
    })
    expect(granted.filter((id) => id === 'patient').length).toBeGreaterThanOrEqual(10)
  })

  it('gives one organization no more slots than its cap, and the others the rest', () => {
    const { ask, finish, granted } = opened({ max: 3, maxPerOrganization: 2 })
    times(5, () => ask('a'))
    expect(granted).toEqual(['a', 'a'])
    ask('b')
    expect(granted).toEqual(['a', 'a', 'b'])
    times(3, () => ask('c'))
    finish()
    expect(granted.at(-1)).toBe('c')
    times(20, () => finish())
    expect(granted.toSorted().join('')).toBe('aaaaabccc')
  })

  it('takes back a request whose scope is aborted, and refuses those that wait when it is closed', () => {
    const { ask, finish, granted, refused, queue } = opened()
    const controller = new AbortController()
    ask('a')
    ask('b', controller.signal)
    ask('c')
    controller.abort()
    expect(refused).toMatchObject([{ code: 'SCOPE_ABORTED' }])
    finish()
    expect(granted).toEqual(['a', 'c'])
    ask('d')
    queue.close(new Error('closed') as never)
    ask('e')
    expect(refused).toHaveLength(3)
    expect(queue.waiting).toBe(0)
  })

  it('forgets organizations that have gone', () => {
    const { ask, finish, granted, queue } = opened({ maxPerOrganization: 1 })
    times(5000, () => ask(`organization ${Math.random()}`))
    times(5000, () => finish())
    expect(granted).toHaveLength(5000)
    expect(queue.accounts).toBe(0)
  })

  it('counts waits of many organizations in a bounded table that keeps those that waited longest', () => {
    const { queue } = opened()
    for (let turn = 0; turn < 20_000; turn += 1) {
      queue.ledger.waitedFor(`organization ${turn}`, 1)
      if (turn % 10 === 0) queue.ledger.waitedFor('heavy', 50)
    }
    const entries = queue.ledger.top(Number.POSITIVE_INFINITY)
    expect(entries.length).toBeLessThanOrEqual(256)
    expect(entries[0]).toMatchObject({ organizationId: 'heavy', waits: 2000, longestWaitMs: 50 })
    expect((entries[0]?.waitedMs ?? 0) - (entries[0]?.uncertaintyMs ?? 0)).toBe(100_000)
  })
})
