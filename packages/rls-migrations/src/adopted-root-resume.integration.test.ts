import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createOwnedDatabase, query } from '../test/owned-database.ts'
import { applyPlan } from './apply/apply-plan.ts'
import type { OnProgress } from './apply/progress.ts'
import { runnerName } from './apply/runner-lock.ts'
import { compareSnapshots, readSchemaSnapshot } from './catalog/schema-snapshot.ts'
import type { PartywallConfig } from './config/conversion-config.ts'
import { resolveConfig } from './config/resolve-config.ts'
import { readConversion } from './conversion.ts'
import { openSession } from './database/session.ts'
import { rollbackPlan } from './rollback/rollback-plan.ts'

const config: PartywallConfig = { root: { table: 'teams', name: 'name', slug: 'slug' }, tables: { shared: ['labels'] } }

let planner: string

beforeAll(async () => {
  planner = await readFile(join(import.meta.dirname, '../test/planner.sql'), 'utf8')
})

/** Rows of each table whose organization is not the team that the host's own keys lead to. */
const wrong = `
select ((select count(*) from projects where org_id is distinct from team_id)
  + (select count(*) from tasks t join projects p on p.id = t.project_id where t.org_id is distinct from p.team_id)
  + (select count(*) from comments c left join tasks t on t.id = c.task_id join projects p on p.id in (c.project_id, t.project_id) where c.org_id is distinct from p.team_id)
  + (select count(*) from task_labels l join tasks t on t.id = l.task_id join projects p on p.id = t.project_id where l.org_id is distinct from p.team_id))::int as wrong`

describe('a conversion with an adopted root, cut off', () => {
  /** Every how many steps a run is cut off: all of them would take minutes, and neighbours seldom differ. */
  const EVERY = 11

  class CutOff extends Error {}

  /** Cuts a run off before its nth step; false when it came to its end before that. */
  async function isCutOff(step: number, run: (onProgress: OnProgress) => Promise<unknown>): Promise<boolean> {
    let seen = 0
    try {
      await run((progress) => {
        if (progress.type === 'started' && seen++ === step) throw new CutOff()
      })
      return false
    } catch (error) {
      if (error instanceof CutOff) return true
      throw error
    }
  }

  it('is taken up by another apply, and undone by a rollback, before any step', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const before = await readSchemaSnapshot(session)
    const read = async () => (await readConversion(session, resolveConfig(config))).plan
    const plan = await read()
    await applyPlan({ session, plan, to: 'enforce' })
    const end = await readSchemaSnapshot(session)
    await rollbackPlan({ session, plan, to: 'none' })
    for (let step = 1; ; step += EVERY) {
      const apply = (onProgress: OnProgress) => applyPlan({ session, plan, to: 'enforce', onProgress })
      if (!(await isCutOff(step, apply))) break
      await rollbackPlan({ session, plan: await read(), to: 'none' })
      expect(compareSnapshots(before, await readSchemaSnapshot(session)), `rolled back after ${step} steps`).toEqual([])
      await isCutOff(step, apply)
      await applyPlan({ session, plan: await read(), to: 'enforce' })
      expect(compareSnapshots(end, await readSchemaSnapshot(session)), `taken up after ${step} steps`).toEqual([])
      expect(await query(database.adminUrl, wrong)).toEqual([{ wrong: 0 }])
      await rollbackPlan({ session, plan, to: 'none' })
    }
  })

  it('is undone by another rollback', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const before = await readSchemaSnapshot(session)
    const { plan } = await readConversion(session, resolveConfig(config))
    for (let step = 0; ; step += EVERY) {
      await applyPlan({ session, plan, to: 'enforce' })
      const wasCutOff = await isCutOff(step, (onProgress) => rollbackPlan({ session, plan, to: 'none', onProgress }))
      await rollbackPlan({ session, plan: (await readConversion(session, resolveConfig(config))).plan, to: 'none' })
      expect(compareSnapshots(before, await readSchemaSnapshot(session)), `after ${step} steps`).toEqual([])
      if (!wasCutOff) break
    }
  })
})
