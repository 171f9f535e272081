import { pino, type Logger } from 'pino'
import { scrub } from './scrub.ts'

/** Options of {@link createLog}. */
export interface LogOptions {
  /** What every line has besides its own members, asked when it is written: the organization of the request. */
  readonly context?: () => Readonly<Record<string, unknown>>
  /** Where lines go. @defaultValue standard output */
  readonly write?: ((line: string) => void) | undefined
  /** @defaultValue `'info'` */
  readonly level?: string | undefined
}

/**
 * A log of JSON lines, in which nothing stands that opens a door or names a person. Errors are written by what they are,
 * not by all that they carry: a driver puts the values of a row that it refuses into `detail`. What is left is scrubbed line
 * by line, since a message may quote anything.
 */
export function createLog({ context, write, level = 'info' }: LogOptions = {}): Logger {
  const print = write ?? ((line: string): void => void process.stdout.write(line))
  return pino(
    {
      level,
      base: {},
      serializers: { err: describeError, error: describeError },
      ...(context === undefined ? {} : { mixin: () => ({ ...context() }) }),
    },
    { write: (line: string) => print(scrub(line)) },
  )
}

interface DescribedError {
  readonly type: string
  readonly code?: unknown
  readonly message: string
  readonly stack?: string | undefined
  readonly cause?: DescribedError
}

function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'Something that is no Error was thrown.' }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    ...(code === undefined ? {} : { code }),
    message,
    stack,
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  }
}
