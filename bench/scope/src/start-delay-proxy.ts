import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A proxy in a process of its own, which ends with this one. */
export interface DelayProxy extends Disposable {
  /** The same address, through the proxy. */
  through(url: string): string
}

/** Starts a proxy that holds every packet for `delayMs`, each way. Its process adds nothing to the client's own time. */
export async function startDelayProxy(target: string, delayMs: number): Promise<DelayProxy> {
  const main = new URL('delay-proxy.ts', import.meta.url)
  const child = fork(main, [new URL(target).port, String(delayMs)], { execArgv: [] })
  const [port] = (await once(child, 'message')) as [number]
  return {
    through: (url) => {
      const moved = new URL(url)
      moved.port = String(port)
      return moved.href
    },
    [Symbol.dispose]: () => {
      child.kill()
    },
  }
}
