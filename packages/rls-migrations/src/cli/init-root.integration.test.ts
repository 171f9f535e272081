import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnedDatabase, type OwnedDatabase } from '../../test/owned-database.ts'
import { conversionCommands } from './commands.ts'
import { runCli } from './run-cli.ts'

let database: OwnedDatabase
let directory: string

beforeAll(async () => {
  const text = await readFile(join(import.meta.dirname, '../../test/planner.sql'), 'utf8')
  database = await createOwnedDatabase({ text })
  directory = await mkdtemp(join(tmpdir(), 'partywall-init-'))
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** Answers questions that hold one of these words with yes, and all others with no. */
async function partywall(argv: readonly string[], yes: readonly string[] = []) {
  let output = ''
  const asked: string[] = []
  const code = await runCli({
    argv,
    commands: conversionCommands,
    io: {
      write: (text) => void (output += text),
      writeError: (text) => void (output += text),
      isLive: false,
      isInteractive: true,
      ask: async (question) => {
        asked.push(question)
        return yes.some((word) => question.startsWith(word)) ? 'yes' : 'no'
      },
      env: { DATABASE_URL: database.ownerUrl },
      cwd: directory,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('not needed here')) },
    version: '0.0.0',
  })
  return { code, output, asked }
}

async function configOf(file: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(directory, file), 'utf8')) as Record<string, unknown>
}

describe('init, in a service that has teams', () => {
  it('adopts them when they are said to be organizations, and asks what no key leads from', async () => {
    const { code, asked } = await partywall(
      ['init', '--config', 'adopted.json'],
      ['teams looks', 'No foreign key leads from labels'],
    )
    expect(code).toBe(0)
    expect(asked).toHaveLength(2)
    expect(await configOf('adopted.json')).toMatchObject({
      tenantColumn: 'team_id',
      root: { table: 'teams', name: 'name', slug: 'slug' },
      tables: { shared: ['labels'], skipped: [] },
    })
    const plan = await partywall(['plan', '--config', 'adopted.json', '--json'])
    expect(JSON.parse(plan.output)).toMatchObject({
      settings: { keyType: 'bigint', root: { name: 'teams', id: 'id' } },
      derivations: expect.arrayContaining([
        {
          table: 'tasks',
          source: 'derived',
          path: 'tasks.project_id > projects.team_id',
          compared: ['tasks_parent_id_fkey'],
        },
      ]),
      findings: [],
    })
    expect((await partywall(['plan', '--config', 'adopted.json'])).output).toContain(
      'Organizations are the rows of teams.',
    )
  })

  it('leaves everything to one organization without an answer, and names the table', async () => {
    const { code, output } = await partywall(['init', '--yes', '--config', 'plain.json'])
    expect(code).toBe(0)
    expect(output).toContain('root: { table: "teams" }')
    expect(await configOf('plain.json')).not.toHaveProperty('root')
  })

  it('has plan list rows that belong to two teams', async () => {
    await database.admin('update tasks set parent_id = 2 where id = 1')
    const plan = await partywall(['plan', '--config', 'adopted.json', '--json'])
    expect(JSON.parse(plan.output)).toMatchObject({
      findings: [{ table: 'tasks', conflicts: 1, conflicting: ['1 (3 or 1)'] }],
      hazards: expect.arrayContaining([
        expect.objectContaining({ id: 'organization-conflict', severity: 'blocking', object: 'tasks' }),
      ]),
    })
  })
})
