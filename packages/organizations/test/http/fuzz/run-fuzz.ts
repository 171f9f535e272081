import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { createCast } from '../cast.ts'
import type { HostName } from '../hosts.ts'
import type { Stage, StageUrls } from '../stage.ts'
import { asUser } from '../attack-client.ts'
import { drawRequest } from './draw-request.ts'
import { drawWire } from './draw-wire.ts'
import { everyPlace } from './every-place.ts'
import { describeRequest } from './fuzz-request.ts'
import type { FuzzRequest } from './fuzz-request.ts'
import { createJudge } from './judge.ts'
import type { Judge } from './judge.ts'
import { sendRequest, sendWire } from './send.ts'
import type { FuzzAnswer } from './send.ts'

/** What is fuzzed, and how long. */
export interface FuzzOptions {
  readonly stage: Stage
  readonly urls: StageUrls
  readonly host: HostName
  readonly requests: number
  readonly seed: number
  readonly onProgress: (sent: number) => void
}

/** What a host did with the requests. */
export interface FuzzReport {
  readonly host: HostName
  readonly requests: number
  /** Of those, bytes over a connection of their own. */
  readonly raw: number
  /** How often each status came; 0 for a connection that was closed without an answer. */
  readonly statuses: Readonly<Record<string, number>>
  readonly problems: readonly string[]
  readonly residentBytes: number | undefined
}

/** Requests that are drawn for one organization: what they do to it makes the later ones go nowhere. */
const batchSize = 200
const lanes = 16
/** One in so many is sent as bytes. */
const rawShare = 10

export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { stage, host, requests } = options
  const { child, port } = await startProcess(options)
  const judge = createJudge()
  let [sent, raw] = [0, 0]
  const places = everyPlace(stage.routes).slice()
  while (sent < requests && judge.problems.length < 20 && child.exitCode === null) {
    const size = Math.min(batchSize, requests - sent)
    const cast = await createCast(stage)
    const seed = options.seed + sent
    const asked = { port, seed, judge }
    const inPlaces = places.splice(0, size).map((place) => place(cast, asUser(cast.people.owner, cast.slug)))
    const rawSize = Math.floor((size - inPlaces.length) / rawShare)
    const drawn = drawRequest(stage.routes, cast)
    await inLanes([
      ...requestWork(inPlaces, asked),
      ...rawWork(fc.sample(drawWire(drawn), { seed, numRuns: rawSize }), asked),
      ...requestWork(fc.sample(drawn, { seed, numRuns: size - inPlaces.length - rawSize }), asked),
    ])
    sent += size
    raw += rawSize
    options.onProgress(sent)
  }
  const ended = child.exitCode !== null || child.signalCode !== null
  const problems = ended
    ? [...judge.problems, `the process ended: ${child.exitCode} ${child.signalCode}`]
    : judge.problems
  const residentBytes = ended ? undefined : await endProcess(child)
  return { host, requests: sent, raw, statuses: judge.statuses, problems, residentBytes }
}

interface Asked {
  readonly port: number
  readonly seed: number
  readonly judge: Judge
}

type Work = readonly (() => Promise<void>)[]

const noAnswer: FuzzAnswer = { status: 0, type: '', text: '' }

function rawWork(wires: readonly Buffer[], { port, seed, judge }: Asked): Work {
  return wires.map((wire, at) => async () => {
    const what = `seed ${seed}, raw ${at}: ${JSON.stringify(wire.toString('latin1').slice(0, 1500))}`
    const answers = await sendWire(port, wire)
    for (const answer of answers.length === 0 ? [noAnswer] : answers) judge.record(what, answer)
  })
}

function requestWork(requests: readonly FuzzRequest[], { port, seed, judge }: Asked): Work {
  return requests.map((request, at) => async () => {
    const what = `seed ${seed}, request ${at}: ${describeRequest(request)}`
    const answer = await sendRequest(port, request).catch((error: unknown) => {
      // A host may close a connection that it cannot read on; it may keep nobody waiting.
      if (String(error).includes('No answer')) judge.problems.push(`${what}: no answer`)
      return noAnswer
    })
    judge.record(what, answer)
  })
}

async function inLanes(work: Work): Promise<void> {
  const queue = work.values()
  const lane = async (): Promise<void> => {
    // One after another in each lane.
    // oxlint-disable-next-line no-await-in-loop
    for (const one of queue) await one()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function startProcess({ host, urls }: FuzzOptions): Promise<{ child: ChildProcess; port: number }> {
  const { appUrl, operatorUrl, adminUrl } = urls
  const child = spawn(
    process.execPath,
    ['--conditions=partywall-source', new URL('./host-process.ts', import.meta.url).pathname, host],
    {
      env: { ...process.env, PARTYWALL_HTTP_STAGE: JSON.stringify({ appUrl, operatorUrl, adminUrl }) },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, port: Number(line) }
}

async function endProcess(child: ChildProcess): Promise<number | undefined> {
  if (child.exitCode !== null || child.stdout === null) return undefined
  const last = once(createInterface(child.stdout), 'line') as Promise<[string]>
  child.stdin?.end()
  const [line] = await last
  return (JSON.parse(line) as { rss: number }).rss
}
