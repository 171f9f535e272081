/** Writes `docs/reference/cli.md` from the help of the commands. With `--check` it only says whether the page is current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '../packages/partywall/src/commands.ts'
import type { Command } from '../packages/rls-migrations/src/cli/command.ts'
import { exitCode } from '../packages/rls-migrations/src/cli/exit-code.ts'
import { commandHelp, overview } from '../packages/rls-migrations/src/cli/help.ts'

/** The generated page. */
export const cliReferenceFile: string = join(import.meta.dirname, '../docs/reference/cli.md')

const meaningOfExit: Readonly<Record<keyof typeof exitCode, string>> = {
  ok: 'done, and nothing to report',
  error: 'an error, with a code of [errors.md](errors.md)',
  usage: 'the command line does not make sense',
  pending: 'work is pending',
  finding: 'a finding, or a row that crossed between organizations',
}

/** The page's text, for the commands as they are. */
export function cliReference(): string {
  const codes = Object.entries(exitCode).map(
    ([name, code]) => `| ${code} | ${meaningOfExit[name as keyof typeof exitCode]} |`,
  )
  const lines = [
    '<!-- Written by scripts/generate-cli-reference.ts from the help of the commands. Do not edit. -->',
    '',
    '# The command `partywall`',
    '',
    block(overview(commands)),
    '',
    'With `--json` there is exactly one JSON document on standard output, with `schemaVersion` and `command`, or with',
    '`error` in place of the result. Progress and complaints go to standard error.',
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...codes,
    '',
    ...commands.flatMap(section),
  ]
  return lines.join('\n')
}

function section(command: Command): string[] {
  return [`## \`partywall ${command.name}\``, '', block(commandHelp(command)), '']
}

function block(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``
}

if (import.meta.main) {
  const text = cliReference()
  if (!process.argv.includes('--check')) {
    writeFileSync(cliReferenceFile, text)
  } else if (readFileSync(cliReferenceFile, 'utf8') !== text) {
    console.error('docs/reference/cli.md is not current. Run: pnpm generate')
    process.exitCode = 1
  }
}
