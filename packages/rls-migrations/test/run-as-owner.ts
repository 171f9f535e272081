import { conversionCommands } from '../src/cli/commands.ts'
import type { ExitCode } from '../src/cli/exit-code.ts'
import { runCli } from '../src/cli/run-cli.ts'
import type { OwnedDatabase } from './owned-database.ts'

export interface CommandOutput {
  readonly exitCode: ExitCode
  /** Of `--json`; undefined when that was not asked for. */
  readonly document: Readonly<Record<string, unknown>> | undefined
  readonly text: string
  readonly progress: string
}

/** Runs a command of the conversion as the owner of the database, with nobody there to answer. */
export async function runAsOwner(
  database: OwnedDatabase,
  argv: readonly string[],
  cwd: string = import.meta.dirname,
): Promise<CommandOutput> {
  const output = { text: '', progress: '' }
  const code = await runCli({
    argv,
    commands: conversionCommands,
    io: {
      write: (text) => void (output.text += text),
      writeError: (text) => void (output.progress += text),
      isLive: false,
      isInteractive: false,
      ask: async () => 'no',
      env: { DATABASE_URL: database.ownerUrl },
      cwd,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('not needed here')) },
  })
  const document = argv.includes('--json') ? (JSON.parse(output.text) as Record<string, unknown>) : undefined
  return { exitCode: code, document, ...output }
}
