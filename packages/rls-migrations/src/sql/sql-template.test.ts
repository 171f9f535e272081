import { describe, expect, it } from 'vitest'
import { migrations } from '../generated/migrations.ts'
import { renderTemplate } from './sql-template.ts'

const settings = {
  controlSchema: 'walls',
  keyType: 'uuid',
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

  it('leaves no default name in any migration', () => {
    for (const { up, down } of migrations) {
      const withoutComments = renderTemplate(up + down, settings)
        .replaceAll(/--.*$/gm, '')
        .replaceAll(/'[^']*'/g, '')
      expect(withoutComments).not.toMatch(/partywall/)
    }
  })
})
