import { describe, expect, it } from 'vitest'
import { createTenancy } from './tenancy.ts'
import type { Tenancy } from './tenancy.ts'
import type { TenancyEvent } from './tenancy-event.ts'

function opened(detectLostContext = true): { tenancy: Tenancy; events: TenancyEvent[] } {
  const events: TenancyEvent[] = []
  return {
    tenancy: createTenancy({ pool: {}, detectLostContext, onEvent: (event) => void events.push(event) }),
    events,
  }
}

const later: Promise<() => void> = Promise.resolve(() => {})

describe('a statement that lost its context', () => {
  it('names its call site and says so once, while scopes are open', async () => {
    const { tenancy, events } = opened()
    const gate = Promise.withResolvers<void>()
    const open = tenancy.run({ organizationId: 'acme' }, () => gate.promise)
    const lost = (): Promise<unknown> => tenancy.pool.query('select 1').catch((error: unknown) => error)
    for (let turn = 0; turn < 3; turn += 1) {
      const error = await lost()
      expect(error).toMatchObject({ code: 'TENANT_REQUIRED' })
      expect(String(error)).toContain('1 scope(s) are open')
      expect(String(error)).toMatch(/lost-context\.test\.ts:\d+:\d+/)
    }
    expect(events).toMatchObject([{ type: 'context.lost', openScopes: 1 }])
    expect(events[0]).toHaveProperty('callSite', expect.stringMatching(/lost-context\.test\.ts:\d+:\d+$/))
    gate.resolve()
    await open
    expect(String(await lost())).not.toContain('open in this process')
  })

  it('says nothing where no scope is open, and where it is switched off', async () => {
    for (const { tenancy, events } of [opened(), opened(false)]) {
      const gate = Promise.withResolvers<void>()
      const open = tenancy.run({ organizationId: 'acme' }, () => (events === undefined ? later : gate.promise))
      gate.resolve()
      await open
      await expect(tenancy.pool.query('select 1')).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
      expect(events).toEqual([])
    }
    const { tenancy } = opened(false)
    const gate = Promise.withResolvers<void>()
    const open = tenancy.run({ organizationId: 'acme' }, () => gate.promise)
    await expect(tenancy.pool.query('select 1')).rejects.not.toThrow(/open in this process/)
    gate.resolve()
    await open
  })

  it('counts a scope as closed however its function ends', async () => {
    const { tenancy } = opened()
    const fail = (): never => {
      throw new Error('no')
    }
    expect(() => tenancy.run({ organizationId: 'a' }, fail)).toThrow('no')
    await expect(tenancy.run({ organizationId: 'a' }, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(tenancy.run({ organizationId: 'a' }, () => 7)).toBe(7)
    await expect(tenancy.pool.query('select 1')).rejects.not.toThrow(/open in this process/)
  })

  it('leaves a rejection that nobody handles unhandled', async () => {
    const { tenancy } = opened()
    const seen = Promise.withResolvers<unknown>()
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.once('unhandledRejection', seen.resolve)
    void tenancy.run({ organizationId: 'a' }, () => Promise.reject(new Error('nobody')))
    await expect(seen.promise).resolves.toMatchObject({ message: 'nobody' })
    for (const listener of listeners) process.on('unhandledRejection', listener)
  })

  it('emits for a bounded number of call sites', async () => {
    const { tenancy, events } = opened()
    const gate = Promise.withResolvers<void>()
    const open = tenancy.run({ organizationId: 'acme' }, () => gate.promise)
    for (let line = 0; line < 700; line += 1) {
      const source = `${'\n'.repeat(line)}return tenancy.pool.query('select 1')\n//# sourceURL=/host/made.js`
      // oxlint-disable-next-line typescript/no-implied-eval -- a call site on every line of a file
      const call = new Function('tenancy', source) as (given: Tenancy) => Promise<unknown>
      await call(tenancy).catch(() => {})
    }
    expect(events.length).toBe(500)
    gate.resolve()
    await open
  })
})
