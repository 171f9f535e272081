import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  conversionCommands,
  rehearse,
  resolveConfig,
  rollbackPlan,
  runCli,
} from '../../packages/rls-migrations/src/index.ts'
import { convert, createOwnedDatabase, samples } from '../../packages/rls-migrations/test/owned-database.ts'
import { startThrowawayDatabase } from '../../packages/partywall/src/throwaway-database.ts'

const run = promisify(execFile)

/** What `pg_dump` writes, without the token that is new in every run. */
async function pgDump(url: string): Promise<string> {
  const { stdout } = await run('pg_dump', ['--dbname', url], { maxBuffer: 256 * 1024 * 1024 })
  return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '')
}

describe.each(Object.entries(samples).filter(([name]) => name !== 'torture'))('pg_dump of %s', (_name, sample) => {
  it('is the same, rows included, after a conversion to the end and a rollback', async () => {
    await using database = await createOwnedDatabase(sample)
    const before = await pgDump(database.adminUrl)
    const { session, plan } = await convert(database, 'enforce', sample.config)
    expect(await pgDump(database.adminUrl)).not.toBe(before)
    await rollbackPlan({ session, plan, to: 'none' })
    await session.close()
    expect(await pgDump(database.adminUrl)).toBe(before)
  })

  it('is rehearsed like the original', async () => {
    await using database = await createOwnedDatabase(sample)
    const text = await pgDump(database.adminUrl)
    await using copy = await startThrowawayDatabase()
    const report = await rehearse({ source: { text }, config: resolveConfig(sample.config), database: copy })
    expect(report.verify.crossings).toEqual([])
    expect(report).toMatchObject({ verify: { ok: true }, rows: { sameContent: true }, rollback: { sameSchema: true } })
  })
})

describe('partywall rehearse <url>', () => {
  it('copies a running database with pg_dump, converts the copy, and leaves the original as it was', async () => {
    await using database = await createOwnedDatabase(samples.northwind)
    const before = await pgDump(database.adminUrl)
    const written: string[] = []
    const code = await runCli({
      argv: ['rehearse', database.ownerUrl, '--json'],
      commands: conversionCommands,
      ports: { startThrowawayDatabase },
      io: {
        write: (text) => written.push(text),
        writeError: () => undefined,
        isLive: false,
        isInteractive: false,
        ask: () => Promise.resolve(''),
        env: {},
        cwd: '.',
      },
    })
    expect(code).toBe(0)
    expect(JSON.parse(written.join(''))).toMatchObject({ ok: true, rows: { before: 3362, sameContent: true } })
    expect(await pgDump(database.adminUrl)).toBe(before)
  })
})
