import { AsyncResource } from 'node:async_hooks'
import type { DriverQuery } from './driver-session.ts'

/** A callback as `pg` calls it. */
export type QueryCallback = (error: unknown, result?: unknown) => void

/** The arguments of a `query()` call, sorted out. */
export interface QueryCall {
  readonly config: QueryFields
  readonly callback: QueryCallback | undefined
  /** A cursor, a stream or a query object that brings its own handlers. */
  readonly foreign: DriverQuery | undefined
}

/** What a caller may say about a query. A copy: `pg` writes into the object that it is given. */
export interface QueryFields {
  readonly text: string
  readonly values: readonly unknown[] | undefined
  readonly name: string | undefined
  readonly types: unknown
  readonly rowMode: string | undefined
  readonly binary: boolean | undefined
  readonly query_timeout: number | undefined
}

/** Sorts out the forms of `query(text | config, values?, callback?)`. */
export function readQueryCall(args: readonly unknown[]): QueryCall {
  const [first, second, third] = args
  if (first === null || first === undefined) throw new TypeError('Client was passed a null or undefined query')
  if (typeof first === 'function') throw new TypeError('Pass the text of the query first, then the callback.')
  const given = (typeof first === 'string' ? { text: first } : first) as Partial<QueryFields> & {
    callback?: unknown
    submit?: unknown
  }
  const callback = [second, third, given.callback].find((value) => typeof value === 'function')
  const values = typeof second === 'function' || !second ? given.values : second
  return {
    config: {
      text: given.text as string,
      values: values as readonly unknown[] | undefined,
      name: given.name || undefined,
      types: given.types,
      rowMode: given.rowMode,
      binary: given.binary,
      query_timeout: given.query_timeout,
    },
    // The socket runs callbacks in the scope of whoever opened the connection; the caller's own is put back.
    callback: callback === undefined ? undefined : AsyncResource.bind(callback as QueryCallback),
    foreign: typeof given.submit === 'function' ? (first as DriverQuery) : undefined,
  }
}

/** Delivers an outcome the way the caller asked: to the callback, or as a promise. */
export function deliver(
  callback: QueryCallback | undefined,
  start: (settle: QueryCallback) => void,
): Promise<unknown> | undefined {
  if (callback !== undefined) {
    attempt(start, callback)
    return undefined
  }
  return new Promise((resolve, reject) => {
    attempt(start, (error, result) => (error ? reject(error) : resolve(result)))
  }).catch((error: unknown) => {
    throw withCallersStack(error)
  })
}

/** The same arguments with another callback, for a pool whose outcome is delivered here. */
export function withCallback(args: readonly unknown[], settle: QueryCallback): unknown[] {
  const [first, second] = args
  return [first, typeof second === 'function' ? undefined : second, settle]
}

function attempt(start: (settle: QueryCallback) => void, settle: QueryCallback): void {
  try {
    start(settle)
  } catch (error) {
    process.nextTick(settle, error)
  }
}

/** Errors of the server are created while a socket is read: their stacks name nothing of the caller. */
function withCallersStack(error: unknown): unknown {
  if (error instanceof Error && 'severity' in error) Error.captureStackTrace(error)
  return error
}
