import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commands } from '../packages/partywall/src/commands.ts'
import { exitCode } from '../packages/rls-migrations/src/cli/exit-code.ts'
import { cliReference, cliReferenceFile } from '../scripts/generate-cli-reference.ts'

describe('command line reference', () => {
  it('is what the help of the commands says; run `pnpm generate` when it is not', () => {
    expect(readFileSync(cliReferenceFile, 'utf8')).toBe(cliReference())
  })

  it('has a section for every command and a row for every exit code', () => {
    const reference = cliReference()
    for (const { name } of commands) expect(reference).toContain(`\n## \`partywall ${name}\`\n`)
    for (const code of Object.values(exitCode)) expect(reference).toContain(`\n| ${code} | `)
  })
})
