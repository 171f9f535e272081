import { describe, expect, it } from 'vitest'
import { conversionCommands } from './commands.ts'
import { runCli } from './run-cli.ts'

async function run(...argv: string[]): Promise<{ code: number; out: string; complaint: string }> {
  const written = { out: '', complaint: '' }
  const code = await runCli({
    argv,
    commands: conversionCommands,
    io: {
      write: (text) => (written.out += text),
      writeError: (text) => (written.complaint += text),
      isLive: false,
      isInteractive: false,
      ask: () => Promise.reject(new Error('nobody is there')),
      env: {},
      cwd: import.meta.dirname,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('no server')) },
    version: '1.2.3',
  })
  return { code, ...written }
}

describe('the command line', () => {
  it('refuses words that have no meaning', async () => {
    expect(await run('plan', 'extra', 'args')).toMatchObject({
      code: 2,
      complaint: expect.stringContaining('plan takes no arguments, but got "extra" "args".'),
    })
  })

  it('names an option that is unknown, and the one that was meant', async () => {
    expect(await run('plan', '--databse-url', 'x')).toMatchObject({
      code: 2,
      complaint: expect.stringMatching(/^USAGE: There is no option --databse-url\. Is it --database-url\?\nSee: /),
    })
    expect((await run('plan', '--frobnicate')).complaint).toMatch(/There is no option --frobnicate\.\n/)
    expect((await run('plan', '--json=no')).complaint).toContain('USAGE: ')
  })

  it('tells its version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: '1.2.3\n' })
    expect(JSON.parse((await run('--version', '--json')).out)).toEqual({ schemaVersion: 1, version: '1.2.3' })
  })

  it.each(['postgres://u:hunter2@h:99999/d', 'postgres://u:hunter2@[::1/d', 'host=h password=hunter2'])(
    'refuses %s with a code, without a stack and without the password',
    async (url) => {
      const { code, complaint } = await run('plan', '--database-url', url)
      expect(code).toBe(1)
      expect(complaint).toMatch(/^DATABASE_URL_INVALID: /)
      expect(complaint).not.toMatch(/hunter2|\n\s+at /)
    },
  )
})
