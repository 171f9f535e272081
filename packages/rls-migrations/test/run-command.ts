import { conversionCommands } from '../src/cli/commands.ts'
import { runCli } from '../src/cli/run-cli.ts'

export interface CommandRun {
  readonly code: number
  readonly out: string
  readonly complaint: string
}

/** Runs one command against a database, with nobody there to answer. */
export async function runCommand(databaseUrl: string, ...argv: readonly string[]): Promise<CommandRun> {
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
      env: { DATABASE_URL: databaseUrl },
      cwd: import.meta.dirname,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('no server')) },
  })
  return { code, ...written }
}
