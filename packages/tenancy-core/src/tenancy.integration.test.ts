import { Client, Pool, Query } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Directory } from './directory.ts'
import { authorize } from './http/authorize.ts'
import { createTenancy } from './tenancy.ts'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { TenantDatabase } from './tenant-database.fixture.ts'
import type { Tenancy } from './tenancy.ts'
import type { TenantPool } from './tenant-pool.ts'
import type { TenancyEvent } from './tenancy-event.ts'

const login = 'select session_user::text as login'
const count = 'select count(*)::int from repositories'
const request = { reason: 'monthly report', actor: { type: 'user', id: 'ada' } } as const

let database: TenantDatabase
let tenancy: Tenancy
let events: TenancyEvent[]
let organizationId: string

beforeAll(async () => {
  database = await createTenantDatabase(3)
  events = []
  tenancy = database.open({ onEvent: (event) => void events.push(event) })
  organizationId = database.organizations[0] as string
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

describe('tenancy.run', () => {
  it('tells the tenant in scope, and the inner one when scopes are nested', () => {
    expect(tenancy.currentTenant()).toBeUndefined()
    tenancy.run({ organizationId: 'outer', actor: { type: 'user', id: 'ada' } }, () => {
      expect(tenancy.requireTenant()).toMatchObject({ organizationId: 'outer', actor: { id: 'ada' } })
      tenancy.run({ organizationId: 'inner' }, () => expect(tenancy.requireTenant().organizationId).toBe('inner'))
      expect(tenancy.requireTenant().organizationId).toBe('outer')
    })
    expect(() => tenancy.requireTenant()).toThrow(expect.objectContaining({ code: 'TENANT_REQUIRED' }))
  })

  it('keeps the tenants of two tenancies in one process apart', async () => {
    const other = database.open()
    const query = tenancy.run({ organizationId }, () => other.pool.query(count))
    await expect(query).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })
})

describe('tenancy.bootstrap', () => {
  it('runs as the app login with no tenant', async () => {
    const result = await tenancy.bootstrap(() => tenancy.pool.query(login))
    expect(result.rows[0].login).toBe(new URL(database.appUrl).username)
    await expect(tenancy.bootstrap(() => tenancy.pool.query(count))).rejects.toMatchObject({ code: '42501' })
    expect(() => tenancy.bootstrap(() => tenancy.requireTenant())).toThrow(/bootstrap scope/)
  })
})

describe('a directory', () => {
  const directory: Directory = {
    findMembership: async ({ organization, userId }) => {
      const { rows } = await tenancy.bootstrap(() =>
        tenancy.pool.query(
          `select organization_id as "organizationId", slug, organization_status as "organizationStatus", role,
             membership_status as "membershipStatus" from partywall.find_membership($1, $2)`,
          [organization, userId],
        ),
      )
      return rows[0]
    },
  }

  it('answers before a tenant is known, about one user in one organization', async () => {
    await database.admin(`insert into partywall.organizations (id, slug, name) values ($1, 'acme', 'Acme')`, [
      organizationId,
    ])
    await database.admin(`insert into partywall.memberships values ($1, 'ada', 'owner')`, [organizationId])
    for (const organization of ['acme', organizationId]) {
      const scope = await authorize(directory, { userId: 'ada', organization })
      const { rows } = await tenancy.run(scope, () => tenancy.pool.query(count))
      expect([scope.organizationId, rows]).toEqual([organizationId, [{ count: 5 }]])
    }
    const foreign = authorize(directory, { userId: 'eve', organization: 'acme' })
    await expect(foreign).rejects.toMatchObject({ code: 'ORGANIZATION_NOT_FOUND' })
    const table = tenancy.bootstrap(() => tenancy.pool.query('select * from partywall.memberships'))
    await expect(table).rejects.toMatchObject({ code: '42501' })
  })
})

describe('tenancy.operator', () => {
  it('runs as the operator login across organizations, between two events', async () => {
    events.length = 0
    const rows = await tenancy.operator(request, async (pool) => {
      const single = await pool.query(count)
      const client = await tenancy.pool.connect()
      const session = await client.query(login)
      client.release()
      return [single.rows[0], session.rows[0]]
    })
    expect(rows).toEqual([{ count: 15 }, { login: new URL(database.operatorUrl).username }])
    expect(events).toMatchObject([
      { type: 'operator.opened', ...request },
      { type: 'operator.closed', ...request, failed: false },
    ])
  })

  it('ends with its function, for the pool, for clients and for work that was left behind', async () => {
    let pool: TenantPool | undefined
    let left: Promise<unknown> | undefined
    const client = await tenancy.operator(request, (given) => {
      pool = given
      left = new Promise((resolve) => setTimeout(resolve, 20)).then(() => tenancy.pool.query(count))
      left.catch(() => {})
      return given.connect()
    })
    await expect(client.query(count)).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
    client.release()
    await expect(left).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
    await expect(pool?.query(count)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })

  it('refuses a transaction on its pool and takes one on a client', async () => {
    const query = tenancy.operator(request, (pool) => pool.query('begin'))
    await expect(query).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
    const pids = await tenancy.operator(request, async (pool) => {
      const seen: number[] = []
      for (let turn = 0; turn < 2; turn += 1) {
        const client = await pool.connect()
        await client.query('begin')
        seen.push((await client.query('select pg_backend_pid() as pid')).rows[0].pid)
        client.release()
      }
      return seen
    })
    expect(new Set(pids).size).toBe(2)
  })

  it('gives way to a tenant scope inside it', async () => {
    const { rows } = await tenancy.operator(request, () =>
      tenancy.run({ organizationId }, () => tenancy.pool.query(count)),
    )
    expect(rows).toEqual([{ count: 5 }])
  })

  it('reports a function that fails', async () => {
    events.length = 0
    const failing = tenancy.operator(request, () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(events.at(-1)).toMatchObject({ type: 'operator.closed', failed: true })
  })

  it('stays shut when the audit fails, without an operator login, and without a reason', async () => {
    const unaudited = database.open({ onEvent: () => Promise.reject(new Error('audit is down')) })
    await expect(unaudited.operator(request, () => 'ran')).rejects.toThrow('audit is down')
    const without = database.open({ operator: undefined })
    await expect(without.operator(request, () => 'ran')).rejects.toMatchObject({ code: 'OPERATOR_UNAVAILABLE' })
    const unreasoned = tenancy.operator({ ...request, reason: ' ' }, () => 'ran')
    await expect(unreasoned).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })
})

describe('createTenancy', () => {
  it.each([
    ['pool', {}],
    ['pool', { pool: { pipeline: true } }],
    ['pool', { pool: { Client } }],
    ['unknown', { pool: {}, unknown: 1 }],
    ['setting', { pool: {}, setting: `x'; drop` }],
    ['operator', { pool: {}, operator: 'postgres://' }],
  ])('refuses options whose %s is wrong', (path, options) => {
    const create = (): unknown => createTenancy(options as never)
    expect(create).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
    expect(create).toThrow(path)
  })

  it('refuses a driver that it does not know', () => {
    class QueuelessClient extends Client {
      override query(): never {
        throw new Error('not in this version')
      }
    }
    const create = (): unknown => createTenancy({ pool: {}, pg: { Client: QueuelessClient, Pool, Query } })
    expect(create).toThrow(expect.objectContaining({ code: 'DRIVER_UNSUPPORTED' }))
    const native = (): unknown => createTenancy({ pool: {}, pg: { Client: Query, Pool, Query } })
    expect(native).toThrow(expect.objectContaining({ code: 'DRIVER_UNSUPPORTED' }))
  })

  it('closes once, and waits', async () => {
    const closing = database.open()
    await closing.run({ organizationId }, () => closing.pool.query(count))
    await Promise.all([closing.close(), closing.close()])
    await expect(closing.run({ organizationId }, () => closing.pool.query(count))).rejects.toThrow(/end/)
  })
})
