import { describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase } from '../../../test/owned-database.ts'
import { openSession } from '../../database/session.ts'
import { displayName } from '../../sql/identifier.ts'
import { controlPlaneTables } from '../control-plane/control-plane-tables.ts'
import { mutateDatabase, type MutationOutcome } from './mutate-database.ts'

describe('the proof of the control plane', () => {
  it('notices every sabotage of every table, of which there are at least twenty kinds each', async () => {
    await using database = await createOwnedDatabase({ text: 'create table notes (id text primary key)' })
    const { session, plan } = await convertWhole(database, 'enforce')
    await session.close()
    await using admin = await openSession({ url: database.adminUrl, applicationName: 'mutate' })
    const outcomes: MutationOutcome[] = []
    const report = await mutateDatabase({
      session: admin,
      plan,
      phase: 'enforce',
      scope: 'control-plane',
      onProgress: (one) => outcomes.push(one),
    })
    const kinds = controlPlaneTables(plan.settings).map((table) => {
      const own = outcomes.filter((one) => one.mutation.table === displayName(table))
      return { table: table.name, kinds: new Set(own.map((one) => one.mutation.kind)).size }
    })
    console.log(`control plane: ${report.killed} of ${report.run} sabotages noticed`, kinds)
    expect(report.survivors).toEqual([])
    expect(report.notRun).toEqual([])
    expect(kinds.filter((one) => one.kinds < 20)).toEqual([])
  })
})
