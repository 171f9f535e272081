import { fileURLToPath } from 'node:url'

const maxFrames = 50
const maxSites = 500
const maxHops = 20
const ownDirectory = fileURLToPath(new URL('.', import.meta.url))

/** Where a call came from. */
export interface CallSite {
  /** File, line and column of the first frame of the host; of whatever called when the host is not on the stack. */
  readonly site: string
  readonly stack: string
}

/** Looks for the host on the stack: past this package, its dependencies and Node. */
export function findCallSite(): CallSite {
  const { frames, placed, host } = readStack()
  return { site: locationOf(host ?? placed[0] ?? frames[0] ?? ''), stack: frames.join('\n') }
}

/**
 * Whether a call has to wait for {@link reachHost} before its place in the host can be told. A query that is started by
 * `await` has no caller on the stack.
 */
export function isHostBehindAwait(): boolean {
  return readStack().host === undefined
}

/**
 * Waits until the stack of whoever awaits this reaches back to the host: promises are linked to the functions that await
 * them a few microtasks later. Stays within the tick.
 */
export async function reachHost(): Promise<void> {
  for (let hop = 0; hop < maxHops; hop += 1) await Promise.resolve()
}

function readStack(): {
  readonly frames: readonly string[]
  readonly placed: readonly string[]
  readonly host?: string
} {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = maxFrames
  const { stack = '' } = new Error('call site')
  Error.stackTraceLimit = limit
  const frames = stack
    .split('\n')
    .slice(1)
    .filter((frame) => !isOwn(frame))
  // `at async Promise.all (index 0)` is no place.
  const placed = frames.filter((line) => /:\d+:\d+\)?$/.test(line) && !/node:|<anonymous>/.test(line))
  const host = placed.find((line) => !line.includes('node_modules'))
  return { frames, placed, ...(host !== undefined && { host }) }
}

/** Remembers call sites, and not more of them than a program has: a site is reported once. */
export class SeenCallSites {
  readonly #sites = new Set<string>()

  /** Whether this site is new and there is room to remember it. */
  isNew(site: string): boolean {
    if (this.#sites.has(site) || this.#sites.size >= maxSites) return false
    this.#sites.add(site)
    return true
  }
}

function isOwn(frame: string): boolean {
  // Tests stand beside the sources; a test is a host.
  return locationOf(frame).startsWith(ownDirectory) && !frame.includes('.test.')
}

function locationOf(frame: string): string {
  const location = /\(([^()]+)\)$/.exec(frame)?.[1] ?? frame.trim().replace(/^at (?:async )?/, '')
  return location.startsWith('file:') ? location.replace(/^file:\/\//, '') : location
}
