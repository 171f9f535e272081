import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, type OwnedDatabase } from '../../test/owned-database.ts'
import { planCommand } from '../cli/commands/plan.ts'
import { statusCommand } from '../cli/commands/status.ts'
import { runCli } from '../cli/run-cli.ts'
import type { Hazard } from '../plan/plan.ts'

/** The hazards of a command as its document lists them, and its text. */
async function run(database: OwnedDatabase, name: 'plan' | 'status'): Promise<{ hazards: string[]; text: string }> {
  const outputs: string[] = []
  for (const option of ['--json', '--yes']) {
    let output = ''
    await runCli({
      argv: [name, option],
      commands: [planCommand, statusCommand],
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
    outputs.push(output)
  }
  const [json = '', text = ''] = outputs
  const { hazards } = JSON.parse(json) as { hazards: readonly Hazard[] }
  return {
    hazards: hazards
      .filter((hazard) => ['unplanned-table', 'default-privilege', 'silent-login'].includes(hazard.id))
      .map((hazard) => `${hazard.severity} ${hazard.id}: ${hazard.object}`),
    text,
  }
}

describe.each(['plan', 'status'] as const)('%s of a converted database', (name) => {
  it('says nothing while nothing is new', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key)' })
    await (await convert(database, 'enforce')).session.close()
    expect(await run(database, name)).toMatchObject({ hazards: [] })
  })

  it('names tables that came later and default privileges that open the next ones', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key)' })
    await (await convert(database, 'contract')).session.close()
    await execute(
      database.ownerUrl,
      `create table closed (id int primary key);
       alter default privileges in schema public grant select on tables to public;
       create table open (id int primary key);
       create table parts (id int) partition by range (id);
       create schema later;
       create table later.parts_1 partition of parts for values from (1) to (2)`,
    )
    const { hazards, text } = await run(database, name)
    expect(hazards.toSorted()).toEqual([
      `warning default-privilege: default privileges of ${database.owner} in public`,
      'warning unplanned-table: closed',
      'warning unplanned-table: later.parts_1',
      'warning unplanned-table: open',
      'warning unplanned-table: parts',
    ])
    expect(text).toMatch(/closed: .* the application has no access to it/)
    expect(text).toMatch(/open: .* reaches it/)
  })
})

describe('status under FORCE', () => {
  it('names logins that joined an owner later and would see no rows without an error', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key)' })
    await (await convert(database, 'enforce')).session.close()
    const late = await database.login([database.owner])
    expect((await run(database, 'status')).hazards).toEqual([`warning silent-login: login ${late.role}`])
    await database.admin(`alter role ${late.role} in database "${database.name}" set row_security = off`)
    expect((await run(database, 'status')).hazards).toEqual([])
  })
})

describe('plan of a database that is not converted', () => {
  it('names default privileges that open new tables to everybody', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table t (id int primary key); alter default privileges grant select, insert on tables to public',
    })
    const { hazards } = await run(database, 'plan')
    expect(hazards).toEqual([`warning default-privilege: default privileges of ${database.owner}`])
    expect((await run(database, 'plan')).text).toContain('revoke insert, select on tables from public')
  })
})
