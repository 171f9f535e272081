import { describe, expect, it } from 'vitest'
import { conversionCommands, runCli, type VerifyReport } from '../../packages/rls-migrations/src/index.ts'
import { convert, createOwnedDatabase, query, samples } from '../../packages/rls-migrations/test/owned-database.ts'
import { startThrowawayDatabase } from '../../packages/partywall/src/throwaway-database.ts'

describe.each(Object.entries(samples))('partywall verify --mutate of %s', (_name, sample) => {
  it('sabotages a clone on a throwaway server, notices everything, and leaves the original as it was', async () => {
    await using database = await createOwnedDatabase(sample)
    await (await convert(database, 'enforce', sample.config)).session.close()
    // Without what autovacuum writes of a relation, when it likes.
    const statistics = "'{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[]"
    const state = (): Promise<unknown> =>
      query(database.adminUrl, `select xmin, to_jsonb(one) - ${statistics} as class from pg_class one order by oid`)
    const before = await state()
    let output = ''
    const code = await runCli({
      argv: ['verify', '--mutate', '--json'],
      commands: conversionCommands,
      ports: { startThrowawayDatabase },
      io: {
        write: (text) => void (output += text),
        writeError: () => undefined,
        isLive: false,
        isInteractive: false,
        ask: () => Promise.resolve(''),
        env: { DATABASE_URL: database.ownerUrl },
        cwd: '.',
      },
    })
    const report = JSON.parse(output) as VerifyReport
    expect(report.mutations?.survivors).toEqual([])
    expect(report.mutations.killed).toBe(report.mutations.run)
    expect(report.mutations.run).toBeGreaterThan(20 * report.tables.total)
    expect(code).toBe(0)
    expect(await state()).toEqual(before)
  }, 900_000)
})
