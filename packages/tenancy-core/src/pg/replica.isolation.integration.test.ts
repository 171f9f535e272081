import { DataSource } from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scopedKnex } from '../knex/index.ts'
import { scopedPrisma } from '../prisma/index.ts'
import { fixtureClientClass } from '../prisma/prisma-client.fixture.ts'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import { scopedTypeorm } from '../typeorm/index.ts'

const everyRow = 'select org_id from repositories'
const insert = `insert into repositories (name) values ('on the replica')`

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(2)
  tenancy = database.open({ replica: { connectionString: database.appUrl, max: 2 } })
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

describe('tenancy.replica', () => {
  it('reads in the scope of the caller, and refuses without one', async () => {
    await tenancy.ready()
    for (const organizationId of [first, second, first]) {
      const { rows } = await tenancy.run({ organizationId }, () => tenancy.replica.query(everyRow))
      expect(rows).toEqual(Array.from({ length: 5 }, () => ({ org_id: organizationId })))
    }
    await expect(tenancy.replica.query(everyRow)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })

  it('refuses writes: alone, in a batch, in a transaction and in one that says READ WRITE', async () => {
    await tenancy.run({ organizationId: first, timeoutMs: 1000 }, async () => {
      await expect(tenancy.replica.query(insert)).rejects.toMatchObject({ code: '25006' })
      const batch = tenancy.replica.batch([{ text: everyRow }, { text: insert }])
      await expect(batch).rejects.toMatchObject({ details: { index: 1, sqlState: '25006' } })
      for (const begin of ['begin', 'begin read write']) {
        const client = await tenancy.replica.connect()
        await client.query(begin)
        await client.query('set transaction read write')
        await client.query('savepoint a')
        await expect(client.query(insert)).rejects.toMatchObject({ code: '25006' })
        await client.query('rollback to a')
        await expect(client.query(insert)).rejects.toMatchObject({ code: '25006' })
        await client.query('rollback to a')
        expect((await client.query(everyRow)).rows).toHaveLength(5)
        const back = client.query(`select set_config('transaction_read_only', 'off', true)`)
        await expect(back).rejects.toMatchObject({ code: '25001' })
        await client.query('rollback')
        client.release()
      }
      await tenancy.pool.query(insert)
      await tenancy.pool.query(`delete from repositories where name = 'on the replica'`)
    })
    await expect(tenancy.bootstrap(() => tenancy.replica.query('create table made (a int)'))).rejects.toMatchObject({
      code: '25006',
    })
  })

  it('carries the libraries that bring a pool or an adapter of their own', async () => {
    const PrismaClient = await fixtureClientClass()
    const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }), { replica: true })
    const knex = scopedKnex(tenancy, {}, { replica: true })
    const dataSource = new DataSource(scopedTypeorm(tenancy, {}, { replica: true }))
    await tenancy.bootstrap(() => dataSource.initialize())
    const { granted } = tenancy.pool.statistics()
    for (const organizationId of [first, second]) {
      await tenancy.run({ organizationId }, async () => {
        const rows = [
          ...(await prisma.repository.findMany()).map(({ orgId }) => orgId),
          ...(await prisma.$transaction(async (tx) => await tx.repository.findMany())).map(({ orgId }) => orgId),
          ...(await knex('repositories')).map(({ org_id: owner }) => owner),
          ...(await dataSource.query(everyRow)).map(({ org_id: owner }: { org_id: string }) => owner),
        ]
        expect(rows).toEqual(Array.from({ length: 20 }, () => organizationId))
        await expect(prisma.repository.create({ data: { name: 'x' } })).rejects.toThrow('25006')
        await expect(knex('repositories').insert({ name: 'x' })).rejects.toMatchObject({ code: '25006' })
        await expect(dataSource.query(insert)).rejects.toMatchObject({ code: '25006' })
      })
    }
    expect(tenancy.pool.statistics().granted).toBe(granted)
    await Promise.all([prisma.$disconnect(), knex.destroy(), dataSource.destroy()])
    await tenancy.run({ organizationId: first }, () => tenancy.replica.query(everyRow))
    const without = database.open()
    expect(() => scopedKnex(without, {}, { replica: true })).toThrow(
      expect.objectContaining({ code: 'REPLICA_UNAVAILABLE' }),
    )
  })

  it('is not for the operator, and is refused where there is none', async () => {
    const request = { reason: 'report', actor: { type: 'system', id: 'test' } } as const
    const query = tenancy.operator(request, () => tenancy.replica.query(everyRow))
    await expect(query).rejects.toMatchObject({ code: 'OPERATOR_UNAVAILABLE' })
    expect(() => database.open().replica).toThrow(expect.objectContaining({ code: 'REPLICA_UNAVAILABLE' }))
  })

  it('checks the login of the replica too', async () => {
    const privileged = database.open({ replica: { connectionString: database.adminUrl } })
    await expect(privileged.ready()).rejects.toMatchObject({ code: 'LOGIN_PRIVILEGED' })
    const query = privileged.run({ organizationId: first }, () => privileged.replica.query(everyRow))
    await expect(query).rejects.toMatchObject({ code: 'LOGIN_PRIVILEGED' })
  })
})
