import { describe, expect, it } from 'vitest'
import type { PartywallConfig } from './conversion-config.ts'
import { resolveConfig } from './resolve-config.ts'

describe('resolveConfig', () => {
  it('fills in every default', () => {
    expect(resolveConfig({})).toEqual({
      controlSchema: 'partywall',
      tenantColumn: 'org_id',
      setting: 'app.current_tenant_id',
      organizationFrom: {},
      orphans: 'refuse',
      defaultOrganization: { slug: 'default', name: 'Default organization' },
      tables: { tenant: [], shared: [], skipped: [] },
    })
  })

  it('takes the id of a row of the root for a default organization', () => {
    const { defaultOrganization } = resolveConfig({ root: { table: 'teams' }, defaultOrganization: { id: '7' } })
    expect(defaultOrganization.id).toBe('7')
  })

  it.each<[string, object]>([
    ['an unknown member', { tenantColum: 'x' }],
    ['a schema that would need quotes', { controlSchema: 'My Schema' }],
    ['a setting without a point', { setting: 'tenant' }],
    ['a setting that would break out of its literal', { setting: "app.x', true); drop table t; --" }],
    ['a column of more than 63 bytes', { tenantColumn: 'é'.repeat(32) }],
    ['an id that is no UUID', { defaultOrganization: { id: '1' } }],
    ['a slug with capitals', { defaultOrganization: { slug: 'Acme' } }],
    ['a list that is none', { tables: { shared: 'genre' } }],
    ['users without a table', { users: { id: 'id' } }],
    ['ways to an organization without a root', { organizationFrom: { projects: { column: 'team_id' } } }],
    ['two ways at once', { root: { table: 't' }, organizationFrom: { p: { column: 'a', foreignKey: 'b' } } }],
    ['orphans of nobody', { root: { table: 'teams' }, orphans: 'default-organization' }],
  ])('refuses %s with CONFIGURATION_INVALID', (_what, config) => {
    expect(() => resolveConfig(config as PartywallConfig)).toThrowError(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  })
})
