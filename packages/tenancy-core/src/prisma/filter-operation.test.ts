import { runInNewContext } from 'node:vm'
import { skip } from '@prisma/client/runtime/client'
import { describe, expect, it } from 'vitest'
import { clientWith, models, schema } from './data-model.fixture.ts'
import { filterOperation } from './filter-operation.ts'
import { readTenantModels } from './tenant-models.ts'

const tenant = 'acme'
const T = { orgId: tenant }

/** What becomes of the arguments of an operation; or the code of the refusal. */
function filtered(call: string, args?: object): unknown {
  const [model = '', operation = ''] = call.split('.')
  try {
    return filterOperation({ operation, args }, models.get(model), { models, tenant })
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('reads', () => {
  it.each(['findFirst', 'findFirstOrThrow', 'findMany', 'count', 'aggregate', 'groupBy', 'updateMany', 'deleteMany'])(
    'adds the tenant to the condition of %s',
    (operation) => {
      expect(filtered(`Repository.${operation}`)).toMatchObject({ where: T })
      expect(filtered(`Repository.${operation}`, { where: { name: 'web' } })).toMatchObject({
        where: { name: 'web', ...T },
      })
    },
  )

  it('leaves the condition of the caller as it is, and adds to it', () => {
    expect(filtered('Repository.findMany', { where: { orgId: 'other' } })).toEqual({
      where: { orgId: 'other', AND: [T] },
    })
    expect(filtered('Repository.findMany', { where: { orgId: tenant, OR: [{ name: 'a' }, { name: 'b' }] } })).toEqual({
      where: { orgId: tenant, OR: [{ name: 'a' }, { name: 'b' }] },
    })
    expect(filtered('Repository.findMany', { where: { orgId: { not: tenant } } })).toEqual({
      where: { orgId: { not: tenant }, AND: [T] },
    })
    expect(filtered('Repository.findMany', { where: { orgId: 'other', AND: { name: 'a' } } })).toEqual({
      where: { orgId: 'other', AND: [{ name: 'a' }, T] },
    })
  })

  it('reaches conditions on related rows', () => {
    const where = {
      OR: [{ tests: { some: { creator: { email: 'x' } } } }, { NOT: { settings: { is: { limit: 1 } } } }],
      settings: null,
      tests: { every: { labels: { none: {} } } },
    }
    expect(filtered('Repository.findMany', { where })).toEqual({
      where: {
        OR: [{ tests: { some: { creator: { email: 'x' }, ...T } } }, { NOT: { settings: { is: { limit: 1, ...T } } } }],
        settings: null,
        tests: { every: { labels: { none: T } } },
        ...T,
      },
    })
    expect(filtered('User.findMany', { where: { tests: { some: {} } } })).toEqual({ where: { tests: { some: T } } })
    expect(filtered('User.findMany', { where: { tests: { every: { id: '1' } } } })).toEqual({
      where: { tests: { every: { OR: [{ NOT: T }, { id: '1', ...T }] } } },
    })
    expect(filtered('Settings.findMany', { where: { repository: { name: 'web' } } })).toEqual({
      where: { repository: { name: 'web', ...T }, ...T },
    })
  })

  it('leaves models without the field alone, and adds nothing undefined', () => {
    expect(filtered('User.findMany')).toStrictEqual({})
    expect(filtered('User.updateMany', { data: { email: 'x' } })).toStrictEqual({ data: { email: 'x' } })
    expect(filtered('User.findUnique', { where: { id: '1' } })).toEqual({ where: { id: '1' } })
  })

  it('adds it to related rows, as far as Prisma takes a condition there', () => {
    const include = {
      tests: { include: { repository: true, parent: true, creator: true, labels: { where: { name: 'a' } } } },
      settings: true,
      _count: { select: { tests: true } },
    }
    expect(filtered('Repository.findMany', { include })).toEqual({
      where: T,
      include: {
        tests: {
          where: T,
          include: {
            repository: true,
            parent: { where: T },
            creator: true,
            labels: { where: { name: 'a', ...T } },
          },
        },
        settings: { where: T },
        _count: { select: { tests: { where: T } } },
      },
    })
    expect(filtered('User.findMany', { select: { email: true, tests: false, _count: true } })).toEqual({
      select: { email: true, tests: false, _count: true },
    })
    expect(filtered('User.findFirst', { select: { tests: { cursor: { id: '1' }, take: 1 } } })).toEqual({
      select: { tests: { cursor: { orgId_id: { id: '1', ...T } }, take: 1, where: T } },
    })
  })

  it('adds it where Prisma.skip stands for nothing', () => {
    expect(filtered('Repository.findMany', { where: skip })).toEqual({ where: T })
    expect(filtered('Repository.findMany', { where: { orgId: skip } })).toEqual({ where: T })
    expect(filtered('Label.create', { data: { name: 'a', orgId: skip } })).toEqual({ data: { name: 'a', ...T } })
  })
})

describe('unique keys', () => {
  it('knows arguments that were made in another realm', () => {
    const args: object = runInNewContext(`({ where: { id: '1' } })`)
    expect(filtered('Label.findUnique', args)).toEqual({ where: { id: '1', ...T } })
  })

  it('fills the tenant in, and says it once', () => {
    expect(filtered('Repository.findUnique', { where: { named: { name: 'web' } } })).toEqual({
      where: { named: { name: 'web', ...T } },
    })
    expect(filtered('Repository.findUnique', { where: { named: { name: 'web', ...T } } })).toEqual({
      where: { named: { name: 'web', ...T } },
    })
  })

  it('makes the key from the fields beside the tenant', () => {
    expect(filtered('Repository.update', { where: { id: '1', tests: { some: {} } }, data: {} })).toEqual({
      where: { orgId_id: { id: '1', ...T }, tests: { some: T } },
      data: {},
    })
    expect(filtered('Repository.delete', { where: { name: 'web', orgId: 'other' } })).toEqual({
      where: { named: { name: 'web', orgId: 'other' }, ...T },
    })
    expect(filtered('Repository.findUnique', { where: { name: { contains: 'web' } } })).toEqual({
      where: { name: { contains: 'web' }, ...T },
    })
    expect(filtered('Repository.findMany', { cursor: { name: 'web' } })).toEqual({
      cursor: { named: { name: 'web', ...T } },
      where: T,
    })
  })

  it('adds the tenant beside a key without it', () => {
    expect(filtered('Label.findUniqueOrThrow', { where: { id: '1' } })).toEqual({ where: { id: '1', ...T } })
    expect(filtered('Label.delete', { where: { id: '1', orgId: 'other' } })).toEqual({
      where: { id: '1', orgId: 'other', AND: [T] },
    })
  })

  it('finds nothing by the key of another tenant', () => {
    expect(filtered('Repository.findUnique', { where: { named: { name: 'web', orgId: 'other' } } })).toEqual({
      where: { named: { name: 'web', orgId: 'other' }, ...T },
    })
  })
})

describe('writes', () => {
  it('stamps created rows', () => {
    expect(filtered('Repository.create', { data: { name: 'web' } })).toEqual({ data: { name: 'web', ...T } })
    expect(filtered('Repository.createMany', { data: [{ name: 'a' }, { name: 'b', ...T }] })).toEqual({
      data: [
        { name: 'a', ...T },
        { name: 'b', ...T },
      ],
    })
    expect(filtered('User.create', { data: { email: 'x' } })).toEqual({ data: { email: 'x' } })
  })

  it('keeps upserts to one statement: key and row name the tenant alike', () => {
    expect(filtered('Repository.upsert', { where: { name: 'a' }, create: { name: 'a' }, update: {} })).toEqual({
      where: { named: { name: 'a', ...T } },
      create: { name: 'a', ...T },
      update: {},
    })
  })

  it('lets the tenant come with the row on the other side of a foreign key', () => {
    const repository = { connect: { id: '1' } }
    expect(filtered('Test.create', { data: { repository } })).toEqual({
      data: { repository: { connect: { orgId_id: { id: '1', ...T } } } },
    })
    expect(filtered('Test.create', { data: { repositoryId: '1' } })).toEqual({ data: { repositoryId: '1', ...T } })
    expect(
      filtered('Repository.create', { data: { tests: { create: [{ id: '1' }], createMany: { data: [{}] } } } }),
    ).toEqual({ data: { tests: { create: [{ id: '1' }], createMany: { data: [{}] } }, ...T } })
    const creator = { connect: { id: '1' } }
    expect(
      filtered('User.update', { where: { id: '1' }, data: { tests: { create: [{ creator }, { id: '2' }] } } }),
    ).toEqual({
      where: { id: '1' },
      data: { tests: { create: [{ creator }, { id: '2' }] } },
    })
    const test = { connect: { id: '1' } }
    expect(filtered('Label.create', { data: { name: 'a', test } })).toEqual({
      data: { name: 'a', test: { connect: { orgId_id: { id: '1', ...T } } }, ...T },
    })
  })

  it('disconnects without emptying the tenant', () => {
    const update = (data: object) => filtered('Test.update', { where: { id: '1' }, data })
    expect(update({ parent: { disconnect: true } })).toMatchObject({ data: { parentId: null } })
    expect(update({ parent: { disconnect: true }, creator: { disconnect: true }, labels: { set: [] } })).toEqual({
      where: { orgId_id: { id: '1', ...T } },
      data: { parentId: null, creatorId: null, labels: { set: [] } },
    })
    const mixed = { parent: { disconnect: true }, creator: { connect: { id: '1' } } }
    expect(update(mixed)).toMatchObject({ data: mixed })
    expect(update({ creator: { disconnect: true } })).toMatchObject({ data: { creator: { disconnect: true } } })
  })

  it('reaches writes below relations', () => {
    const labels = {
      create: { name: 'a' },
      createMany: { data: [{ name: 'b' }] },
      connect: [{ id: '1' }],
      connectOrCreate: { where: { id: '1' }, create: { name: 'c' } },
      set: [{ id: '1' }],
      disconnect: { id: '1' },
      delete: { id: '1' },
      deleteMany: [{}],
      update: { where: { id: '1' }, data: { name: 'd' } },
      updateMany: { where: { name: 'e' }, data: { name: 'f' } },
      upsert: { where: { id: '1' }, create: { name: 'g' }, update: { name: 'h' } },
    }
    const id = { id: '1', ...T }
    expect(filtered('Test.update', { where: { id: '2' }, data: { labels } })).toEqual({
      where: { orgId_id: { id: '2', ...T } },
      data: {
        labels: {
          create: { name: 'a', ...T },
          createMany: { data: [{ name: 'b', ...T }] },
          connect: [id],
          connectOrCreate: { where: id, create: { name: 'c', ...T } },
          set: [id],
          disconnect: id,
          delete: id,
          deleteMany: [T],
          update: { where: id, data: { name: 'd' } },
          updateMany: { where: { name: 'e', ...T }, data: { name: 'f' } },
          upsert: { where: id, create: { name: 'g', ...T }, update: { name: 'h' } },
        },
      },
    })
  })

  it('knows the writes of a relation to one row', () => {
    const update = (settings: object) => filtered('Repository.update', { where: { id: '1' }, data: { settings } })
    expect(update({ update: { limit: 1 } })).toMatchObject({ data: { settings: { update: { limit: 1 } } } })
    expect(update({ update: { where: { limit: 2 }, data: { limit: 1 } } })).toMatchObject({
      data: { settings: { update: { where: { limit: 2, ...T }, data: { limit: 1 } } } },
    })
    expect(update({ upsert: { create: { limit: 1 }, update: { limit: 2 } } })).toMatchObject({
      data: { settings: { upsert: { create: { limit: 1 }, update: { limit: 2 } } } },
    })
    expect(update({ delete: true, disconnect: { limit: 1 } })).toMatchObject({
      data: { settings: { delete: true, disconnect: { limit: 1, ...T } } },
    })
  })

  it.each([
    ['Repository.create', { data: { orgId: 'other' } }],
    ['Repository.create', { data: { orgId: null } }],
    ['Repository.createManyAndReturn', { data: [{ name: 'a' }, { orgId: 'other' }] }],
    ['Repository.create', { data: { tests: { create: { orgId: 'other' } } } }],
    ['Repository.create', { data: { tests: { createMany: { data: [{ orgId: 'other' }] } } } }],
    ['Test.create', { data: { repository: { create: { orgId: 'other' } } } }],
    ['Test.create', { data: { repository: { connectOrCreate: { where: { id: '1' }, create: { orgId: 'other' } } } } }],
    ['Repository.update', { where: { id: '1' }, data: { orgId: 'other' } }],
    ['Repository.update', { where: { id: '1' }, data: { orgId: { set: 'other' } } }],
    ['Repository.updateMany', { data: { orgId: { set: null } } }],
    ['Repository.updateManyAndReturn', { data: { orgId: { increment: 1 } } }],
    ['Repository.upsert', { where: { id: '1' }, create: { orgId: 'other' }, update: {} }],
    ['Repository.upsert', { where: { id: '1' }, create: {}, update: { orgId: 'other' } }],
    ['Repository.upsert', { where: { named: { name: 'a', orgId: 'other' } }, create: {}, update: {} }],
    ['Label.upsert', { where: { id: '1', orgId: 'other' }, create: {}, update: {} }],
    ['User.update', { where: { id: '1' }, data: { tests: { updateMany: { where: {}, data: { orgId: 'other' } } } } }],
    ['User.update', { where: { id: '1' }, data: { tests: { update: { where: {}, data: { orgId: 'other' } } } } }],
    [
      'User.update',
      { where: { id: '1' }, data: { tests: { upsert: { where: {}, create: {}, update: { orgId: 'x' } } } } },
    ],
  ])('refuses another tenant in %s %j', (call, args) => {
    expect(filtered(call, args)).toBe('TENANT_MISMATCH')
  })

  it('leaves operations alone that it does not know', () => {
    expect(filtered('Repository.mergeFrom', { data: { name: 'a' }, where: {} })).toEqual({
      data: { name: 'a' },
      where: {},
    })
  })
})

describe('readTenantModels', () => {
  it('takes all models with the field for those of tenants, or those that are named', () => {
    const tenants = (names: readonly string[] | undefined) => {
      const read = readTenantModels(clientWith(schema), { field: 'orgId', models: names })
      return ['Repository', 'Settings', 'Test', 'User', 'Label'].filter((name) => read.get(name).isTenant)
    }
    expect(tenants(undefined)).toEqual(['Repository', 'Settings', 'Test', 'Label'])
    expect(tenants(['Label'])).toEqual(['Label'])
  })

  it('gives a tenant in the type of the field', () => {
    const value = (type: string) => readTenantModels(clientWith(schema, type), { field: 'orgId' }).valueOf('42')
    expect([value('String'), value('Int'), value('BigInt')]).toEqual(['42', 42, 42n])
  })

  it.each([
    [{ field: 'tenantId' }, 'CONFIGURATION_INVALID'],
    [{ field: 'tests' }, 'CONFIGURATION_INVALID'],
    [{ field: 'orgId', models: ['User'] }, 'CONFIGURATION_INVALID'],
    [{ field: 'orgId', models: ['Missing'] }, 'CONFIGURATION_INVALID'],
  ])('refuses %j', (options, code) => {
    expect(() => readTenantModels(clientWith(schema), options)).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    ['no schema', clientWith(undefined)],
    ['a schema without a model', clientWith(schema.replace('model Label', 'type Label'))],
    ['a schema without a field', clientWith(schema.replace('limit ', 'most '))],
    ['no models', { _engineConfig: { inlineSchema: schema } }],
  ])('refuses a Prisma client with %s', (_, client) => {
    expect(() => readTenantModels(client, { field: 'orgId' })).toThrow(
      expect.objectContaining({ code: 'DRIVER_UNSUPPORTED' }),
    )
  })
})
