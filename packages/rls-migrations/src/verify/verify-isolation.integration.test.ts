import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, type ConvertedDatabase, type OwnedDatabase } from '../../test/owned-database.ts'
import { keySabotages } from './fixtures/key-sabotages.ts'
import { roleSabotages } from './fixtures/role-sabotages.ts'
import { sabotagedSchema, type Scene } from './fixtures/sabotage.ts'
import { wallSabotages } from './fixtures/wall-sabotages.ts'
import { verifyDatabase } from './verify-database.ts'
import type { VerifyReport } from './verify-report.ts'

let database: OwnedDatabase
let converted: ConvertedDatabase
let login: { role: string; url: string }

beforeAll(async () => {
  database = await createOwnedDatabase({ text: sabotagedSchema })
  converted = await convert(database, 'enforce', { tables: { shared: ['currencies'] } })
  login = await database.login([converted.plan.settings.roles.app])
})

afterAll(async () => {
  await converted.session.close()
  await database[Symbol.asyncDispose]()
})

const verify = (appUrl?: string): Promise<VerifyReport> =>
  verifyDatabase({ session: converted.session, plan: converted.plan, phase: 'enforce', appUrl })

describe('verify on a converted database', () => {
  it('is green, through the login of the application and through the role', async () => {
    for (const appUrl of [login.url, undefined]) {
      const report = await verify(appUrl)
      expect(report).toMatchObject({
        ok: true,
        crossings: [],
        staticOnly: [],
        tables: { total: 5, proved: 5, staticOnly: 0 },
      })
      expect(report.probes.blocked).toBe(report.probes.run)
    }
  })

  it.each([...wallSabotages, ...keySabotages, ...roleSabotages])(
    'turns red by $name, names it, and green again after the repair',
    async (sabotage) => {
      const scene: Scene = { plan: converted.plan, owner: database.owner, login: login.role }
      await database.admin(sabotage.break(scene))
      try {
        const report = await verify()
        const found = report.crossings
          .filter((crossing) => crossing.table === sabotage.named(scene))
          .map((crossing) => crossing.probe)
        expect(report.ok).toBe(false)
        expect([...new Set(found)]).toEqual(expect.arrayContaining([...sabotage.by]))
      } finally {
        await database.admin(sabotage.repair(scene))
      }
      expect((await verify()).crossings).toEqual([])
    },
  )
})
