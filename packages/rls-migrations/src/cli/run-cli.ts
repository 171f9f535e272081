import { isTenancyError } from '@partywall/tenancy-core'
import { loadConfigFile } from '../config/load-config-file.ts'
import type { PartywallConfig } from '../config/conversion-config.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { CliIo, CliPorts, Command, CommandContext } from './command.ts'
import { exitCode, type ExitCode } from './exit-code.ts'
import { commandHelp, overview } from './help.ts'
import { parseArguments, usageError, type Arguments } from './parse-arguments.ts'

/** The version of the JSON documents: it grows when a member changes its meaning or goes. */
export const schemaVersion = 1

export interface Cli {
  readonly argv: readonly string[]
  readonly commands: readonly Command[]
  readonly io: CliIo
  readonly ports: CliPorts
  /** What `--version` answers. */
  readonly version?: string
}

/**
 * Runs one command. Never throws: what goes wrong is written, and the code tells.
 *
 * @example
 * ```ts
 * await runCli({ argv: ['status', '--help'], commands: conversionCommands, io, ports }) // 0
 * ```
 */
export async function runCli(cli: Cli): Promise<ExitCode> {
  const { argv, io, commands } = cli
  const wantsJson = argv.includes('--json')
  try {
    const command = findCommand(commands, argv)
    if (command === undefined) return unknownCommand(cli)
    const words = command.name.split(' ').length
    const { values, positionals } = parseArguments(command, argv.slice(words))
    if (values['help'] === true) {
      io.write(commandHelp(command))
      return exitCode.ok
    }
    const result = await command.run(contextOf(cli, { values, positionals }))
    io.write(
      wantsJson
        ? `${JSON.stringify({ schemaVersion, command: command.name, ...result.document }, null, 2)}\n`
        : result.text,
    )
    return result.exitCode
  } catch (error) {
    return report(error, io, wantsJson)
  }
}

function findCommand(commands: readonly Command[], argv: readonly string[]): Command | undefined {
  return commands.find((command) => command.name.split(' ').every((word, at) => argv[at] === word))
}

function unknownCommand({ argv, io, commands, version }: Cli): ExitCode {
  const [name] = argv
  if (version !== undefined && (name === '--version' || name === '-v')) {
    io.write(argv.includes('--json') ? `${JSON.stringify({ schemaVersion, version }, null, 2)}\n` : `${version}\n`)
    return exitCode.ok
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    io.write(overview(commands))
    return name === undefined ? exitCode.usage : exitCode.ok
  }
  const message = `There is no command ${JSON.stringify(name)}.`
  if (argv.includes('--json'))
    io.write(`${JSON.stringify({ schemaVersion, error: { code: 'USAGE', message } }, null, 2)}\n`)
  io.writeError(`${message}\n\n${overview(commands)}`)
  return exitCode.usage
}

function contextOf({ io, ports, version }: Cli, { values, positionals }: Arguments): CommandContext {
  const text = (name: string): string | undefined =>
    typeof values[name] === 'string' && values[name] !== '' ? values[name] : undefined
  let found: Promise<PartywallConfig | undefined> | undefined
  const find = (): Promise<PartywallConfig | undefined> => (found ??= loadConfigFile(io.cwd, text('config')))
  return {
    io,
    ports,
    positionals,
    options: values,
    version,
    json: values['json'] === true,
    yes: values['yes'] === true,
    config: async () => resolveConfig((await find()) ?? {}),
    isConfigured: async () => (await find()) !== undefined,
    databaseUrl: () => {
      const url = text('database-url') ?? io.env['DATABASE_URL']
      if (url === undefined || url === '')
        throw usageError('No database: pass --database-url or set DATABASE_URL, as the owner of the tables.')
      return url
    },
    appUrl: () => text('app-url') ?? (io.env['PARTYWALL_APP_URL'] || undefined),
  }
}

function report(error: unknown, io: CliIo, wantsJson: boolean): ExitCode {
  const known = isTenancyError(error)
  const code = known ? error.code : 'UNEXPECTED'
  const message = error instanceof Error ? error.message : String(error)
  if (wantsJson)
    io.write(
      `${JSON.stringify({ schemaVersion, error: { code, message, details: known ? error.details : {} } }, null, 2)}\n`,
    )
  io.writeError(`${code}: ${message}\n`)
  if (!known && error instanceof Error && error.stack !== undefined) io.writeError(`${error.stack}\n`)
  return code === 'USAGE' ? exitCode.usage : exitCode.error
}
