import { parseArgs } from 'node:util'

/** What to measure, and how long. */
export interface BenchArguments {
  readonly json: boolean
  /** Rounds of each table; every variant is measured once in each. */
  readonly rounds: number
  /** How long a variant is measured in one round, in milliseconds. */
  readonly sliceMs: number
  readonly concurrency: readonly number[]
  readonly links: readonly Link[]
  readonly organizations: number
  /** Rows of each organization. */
  readonly rows: number
  /** Connections of each pool. */
  readonly connections: number
  /** Names of variants; empty for all. */
  readonly only: readonly string[]
  readonly matrix: boolean
  readonly organizationsScale: boolean
  readonly memory: boolean
  /** Operations of the memory run, for each way in. */
  readonly operations: number
}

/** Straight to the server, or through a proxy that holds every packet for half a millisecond. */
export type Link = 'loopback' | '1ms'

const options = {
  json: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  slice: { type: 'string' },
  concurrency: { type: 'string' },
  links: { type: 'string', default: 'loopback,1ms' },
  organizations: { type: 'string' },
  rows: { type: 'string' },
  connections: { type: 'string', default: '20' },
  only: { type: 'string', default: '' },
  'organizations-scale': { type: 'boolean', default: false },
  memory: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  operations: { type: 'string', default: '100000' },
} as const

const full = { rounds: '20', slice: '100', concurrency: '1,8,32,64', organizations: '1000', rows: '1000' }
const short = { rounds: '6', slice: '40', concurrency: '32', organizations: '100', rows: '100' }

/** @throws {Error} for an option that does not exist or a number that is none. */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({ args: args.filter((argument) => argument !== '--'), options })
  const { all } = values
  const given = { ...(values.quick ? short : full), ...values }
  return {
    json: values.json,
    rounds: wholeNumber('rounds', given.rounds),
    sliceMs: wholeNumber('slice', given.slice),
    concurrency: list(given.concurrency).map((n) => wholeNumber('concurrency', n)),
    links: list(values.links).map(linkOf),
    organizations: wholeNumber('organizations', given.organizations),
    rows: wholeNumber('rows', given.rows),
    connections: wholeNumber('connections', values.connections),
    only: list(values.only),
    matrix: all || !(values['organizations-scale'] || values.memory),
    organizationsScale: all || values['organizations-scale'],
    memory: all || values.memory,
    operations: wholeNumber('operations', values.operations),
  }
}

function list(text: string): string[] {
  return text.split(',').filter((part) => part !== '')
}

function linkOf(text: string): Link {
  if (text === 'loopback' || text === '1ms') return text
  throw new Error(`--links: expected loopback, 1ms or both, got ${text}.`)
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error(`--${option}: expected a whole number above zero, got ${text}.`)
}
