import { parseArgs } from 'node:util'
import { TenancyError } from '@partywall/tenancy-core'
import type { Command } from './command.ts'
import { commonOptions } from './common-options.ts'

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
}

/**
 * What the caller typed does not make sense: exit code 2.
 *
 * @example
 * ```ts
 * throw usageError('There is no table "orders".') // TenancyError USAGE
 * ```
 */
export function usageError(message: string): TenancyError {
  return new TenancyError('USAGE', message)
}

/**
 * Reads what stands behind the name of a command.
 *
 * @throws TenancyError `USAGE` when an option is unknown or lacks its value, or a word has no meaning for the command.
 */
export function parseArguments(command: Command, args: readonly string[]): Arguments {
  const options = { ...commonOptions, ...command.options }
  const help = `See: partywall ${command.name} --help`
  let parsed: Arguments
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type }]) => [name, name === 'help' ? { type, short: 'h' } : { type }]),
      ),
    })
  } catch (error) {
    throw usageError(`${unknownOption(error, Object.keys(options)) ?? messageOf(error)}\n${help}`)
  }
  if (command.usage === undefined && parsed.positionals.length > 0) {
    const words = parsed.positionals.map((word) => JSON.stringify(word)).join(' ')
    throw usageError(`${command.name} takes no arguments, but got ${words}.\n${help}`)
  }
  return parsed
}

/** The message of Node speaks of positional arguments, which is never what was meant. */
function unknownOption(error: unknown, known: readonly string[]): string | undefined {
  if ((error as { code?: unknown }).code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return undefined
  const option = /'(--?[^']*)'/.exec(messageOf(error))?.[1]
  if (option === undefined) return undefined
  const word = option.replace(/^-+/, '')
  const [nearest] = known
    .map((name) => ({ name, distance: distanceOf(word, name) }))
    .toSorted((one, other) => one.distance - other.distance)
  const hint =
    nearest !== undefined && nearest.distance <= Math.max(1, word.length / 3) ? ` Is it --${nearest.name}?` : ''
  return `There is no option ${option}.${hint}`
}

/** Levenshtein's: how many letters to add, leave out or change. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [at, letter] of Array.from(one).entries()) {
    const next = [at + 1]
    for (let column = 1; column <= other.length; column += 1) {
      const change = (row[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1)
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
