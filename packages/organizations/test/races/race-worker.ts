/** A process of the races: is told what to run, and tells a report after each batch. */
import { once } from 'node:events'
import { runRaces } from './run-races.ts'
import type { RunOptions } from './run-races.ts'

const [options] = (await once(process, 'message')) as [RunOptions]
await runRaces({ ...options, onBatch: (report) => process.send?.(report) })
process.disconnect()
