import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'

/** Runs something inside the scope of a request. */
export type RunInside = <T>(fn: () => T) => T

/**
 * Keeps a streamed answer in the scope of its request. A stream is read on when the socket has drained, which happens in
 * the context of whoever wrote to the socket: on a connection with several requests in flight, of another one.
 */
export function tenantStream(payload: unknown, inside: RunInside): unknown {
  const stream = payload instanceof ReadableStream ? Readable.fromWeb(payload) : payload
  if (!(stream instanceof Readable)) return payload
  const read = stream._read.bind(stream)
  const destroy = stream._destroy.bind(stream)
  stream._read = (size) => inside(() => read(size))
  stream._destroy = (error, done) => inside(() => destroy(error, done))
  return stream
}
