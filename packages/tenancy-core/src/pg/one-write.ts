import type { DriverConnection, DriverStream } from './driver-session.ts'

/** Takes the place of the socket while messages are written. */
class Gathered {
  readonly writable: boolean
  readonly pieces: Uint8Array[] = []
  /** What a caller does to the socket who is told of a value that cannot be serialized: it comes after the messages. */
  readonly later: ((stream: DriverStream) => void)[] = []

  constructor(writable: boolean) {
    this.writable = writable
  }

  write(piece: Uint8Array, done?: () => void): boolean {
    this.pieces.push(piece)
    if (done !== undefined) this.later.push(done)
    return true
  }

  end(): void {
    this.later.push((stream) => stream.end?.())
  }

  destroy(): void {
    this.later.push((stream) => stream.destroy?.())
  }
}

/**
 * Hands everything that `send` writes on the connection to the socket as one piece. A socket that is corked gets the
 * messages as a list, which costs it a good part of what the statement costs altogether.
 */
export function inOneWrite<T>(connection: DriverConnection, send: () => T): T {
  const { stream } = connection
  const gathered = new Gathered(stream.writable)
  connection.stream = gathered
  try {
    return send()
  } finally {
    connection.stream = stream
    if (gathered.pieces.length > 0) stream.write(Buffer.concat(gathered.pieces))
    for (const act of gathered.later) act(stream)
  }
}
