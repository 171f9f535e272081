import { describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, samples } from '../../../test/owned-database.ts'
import { openSession } from '../../database/session.ts'
import { displayName } from '../../sql/identifier.ts'
import { mutateDatabase, type MutationOutcome } from './mutate-database.ts'

describe.each(Object.entries(samples))('the proof of %s', (_name, sample) => {
  it('notices every sabotage of every table, of which there are at least twenty each', async () => {
    await using database = await createOwnedDatabase(sample)
    const { session, plan } = await convertWhole(database, 'enforce', sample.config)
    await session.close()
    await using admin = await openSession({ url: database.adminUrl, applicationName: 'mutate' })
    const outcomes: MutationOutcome[] = []
    const onProgress = (one: MutationOutcome): void => void outcomes.push(one)
    const report = await mutateDatabase({ session: admin, plan, phase: 'enforce', onProgress })
    expect(report.survivors).toEqual([])
    // What the server refuses of a partition or a child is no way to break it.
    expect(report.notRun.filter(({ reason }) => !/^(42P16|0A000) /.test(reason))).toEqual([])
    expect(report.killed).toBe(report.run)
    for (const table of [...plan.tables.tenant, ...plan.tables.user].map(displayName)) {
      const kinds = new Set(outcomes.filter((one) => one.mutation.table === table).map((one) => one.mutation.kind))
      expect(kinds.size).toBeGreaterThanOrEqual(20)
    }
  })
})
