import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations, OrganizationsOptions } from './organizations.ts'

const schema = z.strictObject({
  threshold: z.number().min(0).max(1).default(0.1),
  notifications: z.strictObject({ slack: z.boolean().default(true), channel: z.string().optional() }).prefault({}),
  globs: z.array(z.string()).default(['**/*']),
  labels: z.record(z.string(), z.string()).default({}),
})
type Values = z.output<typeof schema>
type Input = z.input<typeof schema>

const defaults: Values = { threshold: 0.1, notifications: { slack: true }, globs: ['**/*'], labels: {} }

let sites: Sites
let organizations: Organizations<Values, Input>

beforeAll(async () => {
  sites = await createSites()
  organizations = createOrganizations(sites.tenancy, { settings: schema })
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

async function eventsOf(site: Site): Promise<readonly object[]> {
  return await sites.database.admin(
    `select payload, actor from partywall.outbox where organization_id = $1 and type = 'settings.changed' order by position`,
    [site.id],
  )
}

function withSchema<V extends object, I>(settings: z.ZodType<V, I>): Organizations<V, I> {
  return createOrganizations(sites.tenancy, { settings })
}

describe('organizations.settings', () => {
  it('has the defaults of the schema where nothing was chosen', async () => {
    const site = await sites.newSite()
    expect(await site.as('viewer', () => organizations.settings())).toEqual(defaults)
    expect(await site.as('viewer', () => organizations.versionedSettings())).toMatchObject({ version: 0 })
  })

  it('merges what was chosen, and takes a new default for what was not', async () => {
    const site = await sites.newSite()
    const first = await site.as('owner', () =>
      organizations.updateSettings({ notifications: { channel: '#ci' }, labels: { a: '1', b: '2' } }),
    )
    expect(first).toEqual({
      settings: { ...defaults, notifications: { slack: true, channel: '#ci' }, labels: { a: '1', b: '2' } },
      version: 1,
    })
    const second = await site.as('admin', () =>
      organizations.updateSettings({ notifications: { slack: false }, labels: { a: null }, globs: ['src/**'] }),
    )
    expect(second.settings).toEqual({
      threshold: 0.1,
      notifications: { slack: false, channel: '#ci' },
      globs: ['src/**'],
      labels: { b: '2' },
    })
    const later = withSchema(schema.extend({ threshold: z.number().default(0.3) }))
    expect(await site.as('member', () => later.settings())).toMatchObject({ threshold: 0.3, globs: ['src/**'] })
  })

  it('puts a whole in the place of what was chosen', async () => {
    const site = await sites.newSite()
    await site.as('owner', () => organizations.updateSettings({ threshold: 0.5, labels: { a: '1' } }))
    const replaced = await site.as('owner', () => organizations.replaceSettings({ globs: [] }))
    expect(replaced).toEqual({ settings: { ...defaults, globs: [] }, version: 2 })
    expect(await site.as('owner', () => organizations.versionedSettings())).toEqual(replaced)
  })

  it('leaves the version, and tells nothing, where nothing changes', async () => {
    const site = await sites.newSite()
    await site.as('owner', () => organizations.updateSettings({}))
    await site.as('owner', () => organizations.updateSettings({ threshold: 0.5 }))
    const same = await site.as('owner', () => organizations.updateSettings({ threshold: 0.5, labels: { x: null } }))
    // The empty object of labels was chosen by the patch.
    expect(same.version).toBe(2)
    expect(await site.as('owner', () => organizations.updateSettings({ threshold: 0.5 }))).toMatchObject({ version: 2 })
    expect(await eventsOf(site)).toHaveLength(2)
  })

  it('tells the keys that changed, by whom, and no values', async () => {
    const site = await sites.newSite()
    await site.as('admin', () => organizations.updateSettings({ notifications: { channel: 'secret' }, threshold: 1 }))
    await site.as('owner', () => organizations.replaceSettings({ threshold: 1, globs: ['secret'] }))
    await sites.tenancy.run({ organizationId: site.id, actor: system }, () => organizations.replaceSettings({}))
    expect(await eventsOf(site)).toEqual([
      { payload: { version: 1, changedKeys: ['notifications', 'threshold'] }, actor: { type: 'user', id: 'admin' } },
      { payload: { version: 2, changedKeys: ['globs', 'notifications'] }, actor: { type: 'user', id: 'owner' } },
      { payload: { version: 3, changedKeys: ['globs', 'threshold'] }, actor: system },
    ])
  })

  it('keeps the settings of two organizations apart', async () => {
    const [a, b] = [await sites.newSite(), await sites.newSite()]
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? a : b).as('owner', () =>
          organizations.updateSettings({ labels: { [`n${n}`]: n % 2 === 0 ? 'a' : 'b' } }),
        ),
      ),
    )
    const labelsOf = async (site: Site) =>
      Object.values((await site.as('viewer', () => organizations.settings())).labels)
    expect(await labelsOf(a)).toEqual(Array.from({ length: 10 }, () => 'a'))
    expect(await labelsOf(b)).toEqual(Array.from({ length: 10 }, () => 'b'))
    await expect(organizations.settings()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const crossing = sites.tenancy.operator({ reason: 'test', actor: system }, () => organizations.settings())
    await expect(crossing).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })
})

describe('changes of settings at the same time', () => {
  it('are all kept', async () => {
    const site = await sites.newSite()
    const numbers = Array.from({ length: 40 }, (_, n) => n)
    await Promise.all(
      numbers.map((n) =>
        site.as(n % 2 === 0 ? 'owner' : 'admin', () => organizations.updateSettings({ labels: { [`k${n}`]: `${n}` } })),
      ),
    )
    const { settings, version } = await site.as('owner', () => organizations.versionedSettings())
    expect(Object.keys(settings.labels)).toHaveLength(40)
    expect(version).toBe(40)
    expect(await eventsOf(site)).toHaveLength(40)
  })

  it('leave one winner of those that saw the same version', async () => {
    const site = await sites.newSite()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, (_, n) =>
        site.as('owner', () => organizations.updateSettings({ threshold: n / 100 }, { expectedVersion: 0 })),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'SETTINGS_CHANGED' })
    }
  })

  it.each(['repeatable read', 'serializable'])('are not lost to a snapshot of %s', async (level) => {
    const site = await sites.newSite()
    await site.as('owner', async () => {
      const client = await sites.tenancy.pool.connect()
      try {
        await client.query(`begin isolation level ${level}`)
        await client.query('select 1')
        await organizations.updateSettings({ labels: { other: '1' } })
        const late = organizations.updateSettings({ labels: { late: '1' } }, { transaction: client })
        await expect(late).rejects.toMatchObject({ code: '40001' })
      } finally {
        await client.query('rollback')
        client.release()
      }
    })
    expect((await site.as('owner', () => organizations.settings())).labels).toEqual({ other: '1' })
  })

  it('need the version that is there, also past this package', async () => {
    const site = await sites.newSite()
    await site.as('owner', () => organizations.updateSettings({ threshold: 1 }))
    const put = (version: number | null) =>
      site.as('owner', () =>
        sites.tenancy.pool.query(`select partywall.put_own_settings('owner', '{"threshold": 0}', $1)`, [version]),
      )
    await expect(put(0)).rejects.toMatchObject({ code: 'PW017' })
    await expect(put(null)).rejects.toMatchObject({ code: 'PW017' })
    await expect(put(1)).resolves.toBeDefined()
  })

  it('join the transaction of the caller, with their event', async () => {
    const site = await sites.newSite()
    await site.as('owner', async () => {
      const transaction = await sites.tenancy.pool.connect()
      try {
        await transaction.query('begin')
        await organizations.updateSettings({ threshold: 0.9 }, { transaction })
        await organizations.updateSettings({ labels: { a: '1' } }, { transaction, expectedVersion: 1 })
        await transaction.query('rollback')
      } finally {
        transaction.release()
      }
      expect(await organizations.versionedSettings()).toEqual({ settings: defaults, version: 0 })
    })
    expect(await eventsOf(site)).toEqual([])
  })

  it('are made by a system in an operator scope of the caller', async () => {
    const site = await sites.newSite()
    await sites.tenancy.operator({ reason: 'test', actor: system }, async (pool) => {
      const transaction = await pool.connect()
      await transaction.query('begin')
      await organizations.updateSettings({ threshold: 0.7 }, { transaction, organizationId: site.id })
      await transaction.query('commit')
      transaction.release()
    })
    expect(await site.as('viewer', () => organizations.settings())).toMatchObject({ threshold: 0.7 })
  })
})

describe('settings are refused', () => {
  const proto = JSON.parse('{"labels":{"__proto__":"x"}}') as Input
  const unusable: readonly [string, unknown, string?][] = [
    ['a value out of range', { threshold: 1.1 }],
    ['a value of another type', { threshold: '1' }],
    ['NaN', { threshold: Number.NaN }],
    ['an unknown setting', { treshold: 0.5 }],
    ['an unknown setting within', { notifications: { slak: true } }],
    ['__proto__', proto],
    ['constructor', { labels: { constructor: 'x' } }],
    ['NUL', { labels: { a: '\0' } }],
    ['a lone surrogate', { labels: { a: '\uD83E' } }],
    ['an array', []],
    ['null', null],
    ['a text', 'x'],
    ['more than 32 KiB', { labels: { a: 'x'.repeat(32_768) } }, 'SETTINGS_TOO_LARGE'],
    ['more than 32 KiB as PostgreSQL prints it', { labels: { a: '"'.repeat(17_000) } }, 'SETTINGS_TOO_LARGE'],
  ]

  it.each(unusable)('when they have %s, and nothing changes', async (_, given, code = 'SETTINGS_INVALID') => {
    const site = await sites.newSite()
    await site.as('owner', async () => {
      await expect(organizations.updateSettings(given as Input)).rejects.toMatchObject({ code })
      await expect(organizations.replaceSettings(given as Input)).rejects.toMatchObject({ code })
      expect(await organizations.versionedSettings()).toMatchObject({ version: 0 })
    })
    expect({}).not.toHaveProperty('x')
  })

  it.each([
    ['viewer', 'PERMISSION_DENIED'],
    ['member', 'PERMISSION_DENIED'],
    ['stranger', 'ACTOR_NOT_MEMBER'],
  ])('from a %s', async (userId, code) => {
    const site = await sites.newSite()
    const refused = site.as(userId, () => organizations.updateSettings({ threshold: 0.5 }))
    await expect(refused).rejects.toMatchObject({ code })
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 31])('for the version %d', async (expectedVersion) => {
    const site = await sites.newSite()
    const refused = site.as('owner', () => organizations.updateSettings({ threshold: 0.5 }, { expectedVersion }))
    await expect(refused).rejects.toMatchObject({ code: 'SETTINGS_INVALID' })
  })

  it('where the organization is suspended', async () => {
    const site = await sites.newSite()
    await organizations.suspend({ organizationId: site.id, actor: system })
    const refused = site.as('owner', () => organizations.updateSettings({ threshold: 0.5 }))
    await expect(refused).rejects.toMatchObject({ code: 'ORGANIZATION_SUSPENDED' })
  })

  it.each([
    `insert into partywall.organization_settings (organization_id, settings) values (partywall.current_tenant_id(), '{}')`,
    `update partywall.organization_settings set version = 0`,
    'delete from partywall.organization_settings',
    `select partywall.put_settings(partywall.current_tenant_id()::text, null, '{}', 0)`,
    `select * from partywall.lock_settings(partywall.current_tenant_id()::text, null)`,
  ])('when the application writes them itself: %s', async (statement) => {
    const site = await sites.newSite()
    const attempt = site.as('owner', () => sites.tenancy.pool.query(statement))
    await expect(attempt).rejects.toMatchObject({ code: '42501' })
  })
})

describe('a schema of settings', () => {
  it.each<[string, unknown]>([
    ['does not take an empty object', z.object({ a: z.string() })],
    ['makes no object of one', z.object({}).transform(() => 1)],
    ['is none', { a: 'string' }],
  ])('is refused when it %s', (_, settings) => {
    const open = () => createOrganizations(sites.tenancy, { settings } as OrganizationsOptions)
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })

  it('that leaves unknown members out in silence has them refused as well', async () => {
    const site = await sites.newSite()
    const lax = withSchema(z.object({ a: z.object({ b: z.string().optional() }).optional() }))
    await site.as('owner', async () => {
      const unknown = { a: { b: 'x', c: 'y' } }
      const refused = lax.updateSettings(unknown)
      await expect(refused).rejects.toMatchObject({
        code: 'SETTINGS_INVALID',
        details: { issues: [{ pointer: '/a/c', message: 'Unknown setting' }] },
      })
    })
  })

  it('that does not know a stored setting passes it over, and keeps it', async () => {
    const site = await sites.newSite()
    const newer = withSchema(schema.extend({ burst: z.number().default(1) }))
    await site.as('owner', async () => {
      await newer.updateSettings({ burst: 5 })
      expect(await organizations.settings()).toEqual(defaults)
      const patched = await organizations.updateSettings({ threshold: 0.4 })
      expect(patched.settings).toEqual({ ...defaults, threshold: 0.4 })
      expect(await newer.settings()).toMatchObject({ burst: 5, threshold: 0.4 })
      const unknown = { burst: 6 } as Input
      await expect(organizations.updateSettings(unknown)).rejects.toMatchObject({ code: 'SETTINGS_INVALID' })
    })
  })

  it('that takes a stored setting no longer says so, and is mended by a change', async () => {
    const site = await sites.newSite()
    const narrow = withSchema(schema.extend({ threshold: z.number().max(0.5).default(0.1) }))
    await site.as('owner', async () => {
      await organizations.updateSettings({ threshold: 0.9 })
      const unreadable = { code: 'SETTINGS_UNREADABLE', message: expect.stringContaining('threshold:') as string }
      await expect(narrow.settings()).rejects.toMatchObject(unreadable)
      const mended = await narrow.updateSettings({ threshold: null })
      expect(mended.settings.threshold).toBe(0.1)
    })
  })

  it('may make of what is stored what the host likes', async () => {
    const site = await sites.newSite()
    const since = z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    })
    const dated = withSchema(z.strictObject({ since: since.optional() }))
    await site.as('owner', async () => {
      const { settings } = await dated.updateSettings({ since: '2026-01-01T00:00:00Z' })
      expect(settings.since).toEqual(new Date('2026-01-01'))
      expect(await dated.settings()).toEqual(settings)
    })
  })

  it('may be left out: there are no settings then', async () => {
    const site = await sites.newSite()
    await site.as('owner', async () => {
      expect(await sites.organizations.settings()).toEqual({})
      const unknown = sites.organizations.updateSettings({ a: 1 } as never)
      await expect(unknown).rejects.toMatchObject({ code: 'SETTINGS_INVALID' })
    })
  })
})

it('counts the versions of settings that are written by hand, and keeps them with their organization', async () => {
  const site = await sites.newSite()
  await sites.database.admin(
    `insert into partywall.organization_settings (organization_id, settings, version) values ($1, '{}', 7)`,
    [site.id],
  )
  const sql = `update partywall.organization_settings set settings = '{"a": 1}', version = 1 where organization_id = $1 returning version`
  expect(await sites.database.admin(sql, [site.id])).toEqual([{ version: 2 }])
  const moved = sites.database.admin(
    'update partywall.organization_settings set organization_id = $2 where organization_id = $1',
    [site.id, sites.database.defaultId],
  )
  await expect(moved).rejects.toMatchObject({ code: 'PW010' })
})
