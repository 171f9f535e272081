import { parseArgs } from 'node:util'

/** An option that takes a value. Without `text` the value is a number from 0. */
export interface ValueOption {
  readonly about: string
  readonly default?: string
  readonly text?: true
}

/** What was asked for: the values as they were typed, or as they are by default. */
export interface Arguments<Name extends string> {
  readonly values: Readonly<Record<Name, string | undefined>>
  readonly json: boolean
}

/**
 * Reads the command line. `--help` prints what there is and ends with 0; anything that is not there, or is no number where
 * one belongs, prints the same to stderr and ends with 2.
 */
export function readArguments<Name extends string>(
  command: string,
  options: Readonly<Record<Name, ValueOption>>,
): Arguments<Name> {
  const described = Object.entries<ValueOption>(options)
  try {
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries(described.map(([name]) => [name, { type: 'string' as const }])),
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) end(usage(command, described), 0)
    return { values: valuesOf(described, values), json: values.json }
  } catch (error) {
    return end(`${(error as Error).message}\n\n${usage(command, described)}`, 2)
  }
}

function valuesOf(
  described: readonly (readonly [string, ValueOption])[],
  given: Readonly<Record<string, string | boolean | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    described.map(([name, option]) => {
      const value = (given[name] as string | undefined) ?? option.default
      if (option.text !== true && value !== undefined && !/^\d{1,10}$/.test(value))
        throw new Error(`--${name} takes a number from 0, and not ${JSON.stringify(value)}.`)
      return [name, value]
    }),
  )
}

function usage(command: string, described: readonly (readonly [string, ValueOption])[]): string {
  const lines = described.map(([name, { about, default: standing, text }]): readonly [string, string] => [
    `--${name} <${text === true ? 'text' : 'n'}>`,
    standing === undefined || standing === '' ? about : `${about} (${standing})`,
  ])
  const all = [...lines, ['--json', 'print one document'], ['--help', 'print this']] as const
  return [`Usage: pnpm ${command} [options]`, '', ...all.map(([flag, about]) => `  ${flag.padEnd(22)}${about}`)].join(
    '\n',
  )
}

function end(text: string, code: number): never {
  process[code === 0 ? 'stdout' : 'stderr'].write(`${text}\n`)
  process.exit(code)
}
