import { describe, expect, it } from 'vitest'
import { migrations } from '../generated/migrations.ts'
import { renderTemplate } from './sql-template.ts'

const settings = {
  controlSchema: 'walls',
  keyType: 'uuid',
  root: null,
  setting: 'app.org',
  roles: { app: 'the_app', operator: 'the_operator', definer: 'the_definer', migrator: 'the_migrator' },
}

describe('renderTemplate', () => {
  it('replaces the value behind each placeholder', () => {
    expect(
      renderTemplate(
        "select current_setting(/* SETTING */'app.current_tenant_id') from /* SCHEMA */partywall.t to /* ROLE app */partywall_app",
        settings,
      ),
    ).toBe(`select current_setting('app.org') from "walls".t to "the_app"`)
  })

  it("draws no key for the rows of a root that is the host's", () => {
    const root = { schema: 'public', name: 'teams', id: 'id', label: null, slug: null }
    const sql = 'id /* KEY */uuid default /* NEW KEY */pg_catalog.gen_random_uuid()'
    expect(renderTemplate(sql, settings)).toBe('id uuid default pg_catalog.gen_random_uuid()')
    expect(renderTemplate(sql, { ...settings, keyType: 'bigint', root })).toBe('id bigint default null')
  })

  it('leaves no default name in any migration', () => {
    for (const { up, down } of migrations) {
      const withoutComments = renderTemplate(up + down, settings)
        .replaceAll(/--.*$/gm, '')
        .replaceAll(/'[^']*'/g, '')
      expect(withoutComments).not.toMatch(/partywall/)
    }
  })
})
