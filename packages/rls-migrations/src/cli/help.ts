import type { Command, CommandOption } from './command.ts'
import { commonOptions } from './common-options.ts'

/** The list of commands. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return [
    'Usage: partywall <command> [options]',
    '',
    'Makes a single-tenant PostgreSQL database multi-tenant, online, and proves that it is.',
    '',
    'Commands:',
    ...lines,
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
    '',
    'partywall --version tells the version; partywall <command> --help tells the options of a command.',
    '',
    'Exit codes: 0 ok, 1 error, 2 usage, 3 work pending, 4 finding or leak',
    '',
  ].join('\n')
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const usage = command.usage === undefined ? '' : ` ${command.usage}`
  return [
    `Usage: partywall ${command.name}${usage} [options]`,
    '',
    command.summary,
    '',
    'Options:',
    ...optionLines({ ...command.options, ...commonOptions }),
    '',
  ].join('\n')
}

function optionLines(options: Readonly<Record<string, CommandOption>>): string[] {
  const names = Object.entries(options).map(
    ([name, option]) =>
      [option.value === undefined ? `--${name}` : `--${name} <${option.value}>`, option.summary] as const,
  )
  const width = Math.max(...names.map(([name]) => name.length))
  return names.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`)
}
