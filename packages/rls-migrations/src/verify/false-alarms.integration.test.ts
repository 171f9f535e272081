import { describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase } from '../../test/owned-database.ts'
import { unusualSchemas } from '../../test/unusual-schemas.ts'
import { verifyDatabase } from './verify-database.ts'

describe('verify of a schema that is right', () => {
  it.each(Object.entries(unusualSchemas))(
    'finds nothing in %s, and attacks every table',
    async (_name, { sql, config, admin }) => {
      await using database = await createOwnedDatabase({ text: sql })
      if (admin !== undefined) await database.admin(admin)
      const { session, plan } = await convertWhole(database, 'enforce', config)
      await using _session = session
      const login = await database.login([plan.settings.roles.app])
      for (const appUrl of [undefined, login.url]) {
        const report = await verifyDatabase({ session, plan, phase: 'enforce', appUrl })
        expect(report.crossings).toEqual([])
        expect(report.staticOnly).toEqual([])
        expect(report.probes.blocked).toBe(report.probes.run)
      }
    },
  )
})
