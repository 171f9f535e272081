import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** As a person in a clone runs the command; pnpm says what it runs, and that must not go to standard output. */
function partywall(...args: readonly string[]): { status: number | null; stdout: string } {
  const { DATABASE_URL: _url, ...env } = process.env
  return spawnSync('npx', ['-y', 'pnpm@12', 'partywall', ...args], { cwd: root, env, encoding: 'utf8' })
}

describe('pnpm partywall', () => {
  it('keeps standard output for the document, and passes the exit code on', () => {
    const { status, stdout } = partywall('plan', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, error: { code: 'USAGE' } })
    expect(status).toBe(2)
  })
})
