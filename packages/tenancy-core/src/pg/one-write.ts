import type { DriverConnection } from './driver-session.ts'

/** Why a query was not sent. */
export type Refusal = Error | null | undefined

/** Takes the place of the socket while messages are written. */
class Gathered {
  readonly writable: boolean
  readonly pieces: Uint8Array[] = []

  constructor(writable: boolean) {
    this.writable = writable
  }

  write(piece: Uint8Array): boolean {
    this.pieces.push(piece)
    return true
  }
}

/**
 * Hands everything that `send` writes on the connection to the socket as one piece, and nothing of it where `send` gives
 * an error. A socket that is corked gets the messages as a list, which costs it a good part of what the statement costs
 * altogether.
 */
export function inOneWrite(connection: DriverConnection, send: () => Refusal): Refusal {
  const { stream } = connection
  const gathered = new Gathered(stream.writable)
  connection.stream = gathered
  let refusal: Refusal
  try {
    refusal = send()
  } finally {
    connection.stream = stream
  }
  if (!refusal && gathered.pieces.length > 0) stream.write(Buffer.concat(gathered.pieces))
  return refusal
}
