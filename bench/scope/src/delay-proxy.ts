/** The process behind `startDelayProxy`: relays TCP connections and holds every packet for a while, each way. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

interface Held {
  readonly dueAt: number
  readonly to: Socket
  /** `undefined` ends the connection. */
  readonly chunk: Buffer | undefined
}

const [targetPort, delayMs] = process.argv.slice(2).map(Number) as [number, number]
// Timers of Node do not go below a millisecond. Short naps do, at a precision that costs little processor time.
const longestNapMs = 0.1
const napCell = new Int32Array(new SharedArrayBuffer(4))
let held: Held[] = []
let pumping = false

function hold(to: Socket, chunk: Buffer | undefined): void {
  held.push({ dueAt: performance.now() + delayMs, to, chunk })
  if (pumping) return
  pumping = true
  setImmediate(pump)
}

function pump(): void {
  const now = performance.now()
  const undue = held.findIndex(({ dueAt }) => dueAt > now)
  const due = undue === -1 ? held : held.slice(0, undue)
  held = undue === -1 ? [] : held.slice(undue)
  for (const { to, chunk } of due) {
    if (chunk === undefined) to.destroy()
    else if (!to.destroyed) to.write(chunk)
  }
  const next = held[0]
  pumping = next !== undefined
  if (next === undefined) return
  const waitMs = Math.min(next.dueAt - performance.now(), longestNapMs)
  if (waitMs > 0) Atomics.wait(napCell, 0, 0, waitMs)
  setImmediate(pump)
}

function relay(from: Socket, to: Socket): void {
  from.setNoDelay(true)
  from.on('data', (chunk: Buffer) => hold(to, chunk))
  from.on('error', () => undefined)
  from.on('close', () => hold(to, undefined))
}

const server = createServer((client) => {
  const upstream = connect(targetPort, '127.0.0.1')
  relay(client, upstream)
  relay(upstream, client)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
