import * as pg from 'pg'
import { describe, expect, it } from 'vitest'
import { contextStatements } from './context-statements.ts'
import { DriverSession } from './driver-session.ts'
import { TenantUnit } from './driver.ts'
import type { DriverClient, DriverQuery } from './driver-session.ts'
import { RecordedWire } from './recorded-wire.ts'

/** A client of the driver on a wire without a server. */
function connected(): { client: DriverClient & pg.Client; wire: RecordedWire } {
  const wire = new RecordedWire()
  const client = new pg.Client({ connection: wire } as pg.ClientConfig) as unknown as DriverClient & pg.Client
  const attach = Reflect.get(client, '_attachListeners') as (wire: unknown) => void
  attach.call(client, wire)
  wire.emit('readyForQuery', { status: 'I' })
  return { client, wire }
}

function ask(client: DriverClient & pg.Client, session: DriverSession): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, result: unknown): void => (error ? reject(error) : resolve(result))
    const inner = new pg.Query({ text: 'select 1 as n', callback } as pg.QueryConfig) as unknown as DriverQuery
    const unit = new TenantUnit(inner, {
      session,
      scope: { organizationId: 'asked' },
      kind: 'work',
      queryTimeoutMs: undefined,
    })
    client.query(unit as unknown as pg.Submittable)
  })
}

describe('a scoped statement', () => {
  it('delivers what the server answers once it has confirmed the tenant', async () => {
    const { client, wire } = connected()
    const result = ask(client, new DriverSession(client, contextStatements('app.tenant', { prepared: true })))
    wire.answer('asked')
    await expect(result).resolves.toMatchObject({ rows: [{ n: '1' }] })
  })

  it('withholds what the server answers for another tenant, and gives the connection up', async () => {
    const { client, wire } = connected()
    const session = new DriverSession(client, contextStatements('app.tenant', { prepared: true }))
    const result = ask(client, session)
    wire.answer('another')
    await expect(result).rejects.toMatchObject({ code: 'CONTEXT_NOT_APPLIED' })
    expect(session.isClean()).toBe(false)
  })

  it('prepares its context anew when a cancel came while it ran', async () => {
    const { client, wire } = connected()
    const session = new DriverSession(client, contextStatements('app.tenant', { prepared: true }))
    const cancelled = ask(client, session)
    wire.emit('errorMessage', Object.assign(new Error('canceling'), { severity: 'ERROR', code: '57014' }))
    wire.emit('readyForQuery', { status: 'I' })
    await expect(cancelled).rejects.toMatchObject({ code: '57014' })
    wire.sent.length = 0
    const again = ask(client, session)
    expect(wire.sent.slice(0, 3)).toEqual(['close', 'parse', 'bind'])
    wire.answer('asked')
    await again
  })

  it('is not sent when its scope was aborted meanwhile, unless it rolls back', async () => {
    const { client, wire } = connected()
    const session = new DriverSession(client, contextStatements('app.tenant', { prepared: true }))
    const scope = { organizationId: 'asked', signal: AbortSignal.abort() }
    const send = (kind: 'work' | 'rollback', callback: (error: unknown) => void): void => {
      const inner = new pg.Query({ text: kind, callback } as unknown as pg.QueryConfig) as unknown as DriverQuery
      client.query(
        new TenantUnit(inner, { session, scope, kind, queryTimeoutMs: undefined }) as unknown as pg.Submittable,
      )
    }
    const refused = await new Promise((resolve) => send('work', resolve))
    expect(refused).toMatchObject({ code: 'SCOPE_ABORTED' })
    expect(wire.sent).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    send('rollback', () => {})
    expect(wire.sent).toEqual(['parse', 'bind', 'describe', 'execute', 'sync'])
  })

  it('is told what to configure where prepared contexts collide', async () => {
    const { client, wire } = connected()
    const result = ask(client, new DriverSession(client, contextStatements('app.tenant', { prepared: true })))
    wire.emit('errorMessage', Object.assign(new Error('exists'), { severity: 'ERROR', code: '42P05' }))
    wire.emit('readyForQuery', { status: 'I' })
    await expect(result).rejects.toThrow(/preparedContext: false/)
  })
})
