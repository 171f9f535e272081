import { describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, execute, query, type OwnedDatabase } from '../../../test/owned-database.ts'
import { verifyCommand } from '../../cli/commands/verify.ts'
import { runCli } from '../../cli/run-cli.ts'
import type { VerifyReport } from '../verify-report.ts'

async function run(database: OwnedDatabase, ...argv: string[]): Promise<{ code: number; output: string }> {
  let output = ''
  const code = await runCli({
    argv: ['verify', ...argv],
    commands: [verifyCommand],
    io: {
      write: (text) => void (output += text),
      writeError: () => undefined,
      isLive: false,
      isInteractive: false,
      ask: async () => 'no',
      env: { DATABASE_URL: database.ownerUrl },
      cwd: import.meta.dirname,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('not needed here')) },
  })
  return { code, output }
}

const schema = {
  text: 'create table parents (id text primary key); create table children (id text primary key, parent text references parents)',
}

/** Takes every fact about a table out of the frozen plan: a proof that forgot what must be there. */
const forget = (database: OwnedDatabase): Promise<void> =>
  execute(
    database.ownerUrl,
    `update partywall.conversion set plan = jsonb_set(plan, '{steps}', (select jsonb_agg(case when step ->> 'table' is null then step else jsonb_set(step, '{checks}', '[]') end order by at) from jsonb_array_elements(plan -> 'steps') with ordinality steps(step, at)))`,
  )

describe('partywall verify --mutate --in-place', () => {
  it('notices everything, says so, and changes nothing', async () => {
    await using database = await createOwnedDatabase(schema)
    await (await convertWhole(database, 'contract')).session.close()
    const before = await query(database.adminUrl, 'select * from pg_policies order by 1, 2, 3')
    const { code, output } = await run(database, '--mutate', '--in-place', '--json')
    const { mutations, ok } = JSON.parse(output) as VerifyReport
    expect({ code, ok, survivors: mutations.survivors }).toEqual({ code: 0, ok: true, survivors: [] })
    expect(mutations.run).toBeGreaterThan(60)
    expect(mutations.killed).toBe(mutations.run)
    expect(await query(database.adminUrl, 'select * from pg_policies order by 1, 2, 3')).toEqual(before)
    expect((await run(database, '--mutate', '--in-place')).output).toContain('kill score 100 %')
  })

  it('exits with 4 and names what went unnoticed', async () => {
    await using database = await createOwnedDatabase(schema)
    await (await convertWhole(database, 'contract')).session.close()
    await forget(database)
    const { code, output } = await run(database, '--mutate', '--in-place')
    expect(code).toBe(4)
    expect(output).toMatch(/^ {2}parents +drop-access$/m)
    expect(output).toContain('the proof would have missed some ways to cross')
  })

  it('is refused without --mutate', async () => {
    await using database = await createOwnedDatabase(schema)
    expect((await run(database, '--in-place')).code).toBe(2)
  })
})
