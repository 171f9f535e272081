import type { ResolvedConfig } from '../config/resolve-config.ts'
import type { ThrowawayDatabase } from '../rehearse/rehearse.ts'
import type { ExitCode } from './exit-code.ts'

/** Where a command reads and writes; the process, outside of tests. */
export interface CliIo {
  /** The answer: text for people, or one JSON document. */
  readonly write: (text: string) => void
  /** Progress and complaints. */
  readonly writeError: (text: string) => void
  /** Whether `writeError` goes to a terminal that can redraw lines. */
  readonly isLive: boolean
  /** Whether somebody is there to answer a question. */
  readonly isInteractive: boolean
  readonly ask: (question: string) => Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** What the commands need from outside of this package. */
export interface CliPorts {
  /** Starts a server of which nothing remains, with an empty database on it. */
  readonly startThrowawayDatabase: () => Promise<ThrowawayDatabase>
}

export interface CommandOption {
  readonly type: 'string' | 'boolean'
  /** How the value is called in the help. */
  readonly value?: string
  readonly summary: string
}

export interface CommandContext {
  readonly io: CliIo
  readonly ports: CliPorts
  readonly positionals: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  /** The version of the tool; undefined where it runs from its sources. */
  readonly version: string | undefined
  readonly json: boolean
  readonly yes: boolean
  /** The configuration, read when asked for. */
  readonly config: () => Promise<ResolvedConfig>
  /** Whether there is a configuration at all: what nobody said cannot differ from the plan. */
  readonly isConfigured: () => Promise<boolean>
  /** The connection string of the owner. */
  readonly databaseUrl: () => string
  readonly appUrl: () => string | undefined
}

/** What a command ends with: the document for `--json`, the text for people, and the code. */
export interface CommandResult {
  readonly exitCode: ExitCode
  readonly document: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface Command {
  /** As it is called: `plan`, or `members import`. */
  readonly name: string
  readonly summary: string
  /** What stands behind the name in the help. */
  readonly usage?: string
  readonly options?: Readonly<Record<string, CommandOption>>
  readonly run: (context: CommandContext) => Promise<CommandResult>
}
