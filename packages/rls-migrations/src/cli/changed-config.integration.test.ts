import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createOwnedDatabase } from '../../test/owned-database.ts'
import { conversionCommands } from './commands.ts'
import { runCli } from './run-cli.ts'

const schema = `
  create table users (id serial primary key, email text unique);
  create table kinds (id serial primary key, name text);
  create table things (id serial primary key, kind int references kinds);
`

describe('apply with a configuration that has changed since the plan was frozen', () => {
  it('does nothing and names each difference; goes on with what the plan was made of', async () => {
    await using database = await createOwnedDatabase({ text: schema })
    const cwd = await mkdtemp(join(tmpdir(), 'partywall-config-'))
    let complaint = ''
    let file = 0
    const apply = async (to: string, config: object): Promise<number> => {
      // A file of its own each time: modules are read once.
      file += 1
      await writeFile(join(cwd, `${file}.json`), JSON.stringify(config))
      complaint = ''
      return runCli({
        argv: ['apply', '--to', to, '--database-url', database.ownerUrl, '--config', `${file}.json`, '--yes'],
        commands: conversionCommands,
        io: {
          write: () => undefined,
          writeError: (text) => (complaint += text),
          isLive: false,
          isInteractive: false,
          ask: () => Promise.reject(new Error('nobody is there')),
          env: {},
          cwd,
        },
        ports: { startThrowawayDatabase: () => Promise.reject(new Error('no server')) },
      })
    }
    try {
      const config = { users: { table: 'users' }, tables: { shared: ['public.kinds'] } }
      expect(await apply('expand', config)).toBe(0)
      expect(await apply('contract', { tenantColumn: 'orgId', users: { table: 'things' }, tables: {} })).toBe(1)
      expect(complaint).toContain('CONFIG_CHANGED')
      expect(complaint).toContain('tenantColumn: org_id in the plan, orgId in the configuration')
      expect(complaint).toContain('users.table: users in the plan, things in the configuration')
      expect(complaint).toContain('tables: kinds is shared in the plan, and not named in the configuration')
      expect(await apply('contract', { ...config, tables: { shared: ['kinds'], skipped: ['things'] } })).toBe(1)
      expect(complaint).toContain('tables: things: tenant in the plan, skipped in the configuration')
      expect(await apply('contract', { ...config, tables: { shared: ['kinds', 'not_there_yet'] } })).toBe(0)
    } finally {
      await rm(cwd, { recursive: true })
    }
  })
})
