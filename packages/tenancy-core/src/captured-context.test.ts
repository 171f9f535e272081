import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createTenancy } from './tenancy.ts'

const tenancy = createTenancy({ pool: {} })
const scope = { organizationId: 'acme', actor: { type: 'user', id: 'ada' } } as const

describe('captureContext', () => {
  it('comes back from JSON as the scope it was, without what belonged to the request', () => {
    const { signal } = new AbortController()
    const captured = tenancy.run({ ...scope, signal, timeoutMs: 5 }, () => tenancy.captureContext())
    const restored = tenancy.restoreContext(JSON.parse(JSON.stringify(captured)), () => tenancy.requireTenant())
    expect(restored).toMatchObject(scope)
    expect([restored.signal, restored.timeoutMs]).toEqual([undefined, undefined])
  })

  it('is refused where there is no tenant to capture', () => {
    expect(() => tenancy.captureContext()).toThrow(expect.objectContaining({ code: 'TENANT_REQUIRED' }))
    const inBootstrap = (): unknown => tenancy.bootstrap(() => tenancy.captureContext())
    expect(inBootstrap).toThrow(expect.objectContaining({ code: 'TENANT_REQUIRED' }))
  })
})

describe('restoreContext', () => {
  const captured = { partywall: 1, organizationId: 'acme' }
  it.each([
    undefined,
    null,
    'acme',
    [],
    {},
    { organizationId: 'acme' },
    { ...captured, partywall: 2 },
    { ...captured, organizationId: '' },
    { ...captured, organizationId: 7 },
    { ...captured, organizationId: 'a\0b' },
    { ...captured, organizationId: 'x'.repeat(201) },
    { ...captured, kind: 'operator' },
    { ...captured, open: true, reason: 'x' },
    { ...captured, actor: 'root' },
    { ...captured, actor: { type: 'operator', id: 'x' } },
    { ...captured, actor: { type: 'user', id: 'x', role: 'owner' } },
  ])('refuses %j and does not run the function', (forged) => {
    let ran = false
    const restore = (): unknown => tenancy.restoreContext(forged, () => (ran = true))
    expect(restore).toThrow(expect.objectContaining({ code: 'CONTEXT_INVALID' }))
    expect(ran).toBe(false)
  })
})

describe('bind', () => {
  it('runs a callback in the scope where it was bound, with its arguments and its this', () => {
    const emitter = new EventEmitter()
    const seen: unknown[] = []
    tenancy.run(scope, () => {
      emitter.on(
        'message',
        tenancy.bind(function (this: EventEmitter, ...args: string[]) {
          seen.push(this === emitter, args, tenancy.requireTenant().organizationId)
        }),
      )
    })
    tenancy.run({ organizationId: 'other' }, () => emitter.emit('message', 'a', 'b'))
    expect(seen).toEqual([true, ['a', 'b'], 'acme'])
    expect(() => tenancy.bind(() => {})).toThrow(expect.objectContaining({ code: 'TENANT_REQUIRED' }))
  })
})
