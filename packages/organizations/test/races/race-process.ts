import { fork } from 'node:child_process'
import { once } from 'node:events'
import { sumReports } from './race-report.ts'
import type { RaceReport } from './race-report.ts'
import type { RunOptions } from './run-races.ts'

/** Races in several processes, and how to hear of them. */
export interface ProcessOptions extends Pick<RunOptions, 'urls' | 'seed' | 'from' | 'count'> {
  readonly processes: number
  readonly lanes: number
  /** Is told how many are done, every few thousand. */
  readonly onProgress?: (interleavings: number) => void
}

const progressEvery = 5_000

/** Runs interleavings in processes of their own, each a part of the numbers. */
export async function runInProcesses(options: ProcessOptions): Promise<RaceReport> {
  const { processes, from, count } = options
  const done = Array.from({ length: processes }, () => 0)
  let told = 0
  const progress = (at: number, interleavings: number): void => {
    done[at] = interleavings
    const total = done.reduce((sum, one) => sum + one, 0)
    if (total < told + progressEvery) return
    told = total - (total % progressEvery)
    options.onProgress?.(total)
  }
  const reports = await Promise.all(
    done.map((_, at) => {
      const first = from + Math.floor((count * at) / processes)
      const part = { from: first, count: from + Math.floor((count * (at + 1)) / processes) - first }
      return runOne({ ...options, ...part }, (report) => progress(at, report.interleavings))
    }),
  )
  return sumReports(reports)
}

async function runOne(options: ProcessOptions, onReport: (report: RaceReport) => void): Promise<RaceReport> {
  const { urls, seed, from, count, lanes } = options
  const child = fork(new URL('./race-worker.ts', import.meta.url), {
    execArgv: ['--conditions=partywall-source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let last: RaceReport | undefined
  child.on('message', (report: RaceReport) => {
    last = report
    onReport(report)
  })
  child.send({ urls, seed, from, count, lanes } satisfies RunOptions)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0 || last === undefined) throw new Error(`A process of the races ended with ${code}.`)
  return last
}
