import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between a scope and its server: counts what is sent, and may put one tenant in the place of another. */
export interface WireProxy extends AsyncDisposable {
  readonly url: string
  /** Bytes that clients have sent so far; a connection begins with some. */
  readonly bytesSent: number
  /**
   * From now on, sends `to` to the server wherever the client says `from`: texts of one length.
   *
   * @example
   * ```ts
   * const { scope, wire } = await stage.openTapped()
   * wire.replace(stage.first.id, stage.second.id)
   * ```
   */
  replace(from: string, to: string): void
}

/** Opens a proxy in front of a server. What is sent in one piece must arrive in one piece, as it does on the loopback. */
export async function openWireProxy(target: string): Promise<WireProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let bytesSent = 0
  let edit = (bytes: Buffer): Buffer => bytes
  const server = createServer((client) => {
    const upstream = connect(Number(port || 5432), hostname)
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('data', (bytes: Buffer) => {
      bytesSent += bytes.length
      upstream.write(edit(bytes))
    })
    upstream.on('data', (bytes: Buffer) => client.write(bytes))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = typeof address === 'object' && address !== null ? String(address.port) : ''
  return {
    url: url.href,
    get bytesSent() {
      return bytesSent
    },
    replace: (from, to) => {
      edit = (bytes) => Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
