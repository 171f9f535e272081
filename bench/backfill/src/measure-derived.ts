import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { run, type ServiceDatabases } from './service-database.ts'

export interface DerivedCost {
  readonly rows: number
  /** Rows a second, the median of the rounds. */
  readonly plainRowsPerSecond: number
  readonly backfillRowsPerSecond: number
  /** The throughput of the backfill as a part of that of one plain UPDATE. */
  readonly ratio: number
  readonly batches: number
  readonly longestBatchMs: number
}

/** In turn, each on a fresh copy: one plain UPDATE of all rows, and the backfill of a conversion. */
export async function measureDerived(
  databases: ServiceDatabases,
  { rows, rounds }: { readonly rows: number; readonly rounds: number },
): Promise<DerivedCost> {
  const plain: number[] = []
  const backfill: number[] = []
  const batchMs: (readonly number[])[] = []
  for (let round = 0; round < rounds; round += 1) {
    await using first = await databases.copy()
    plain.push(await plainUpdate(first.ownerUrl))
    await using second = await databases.copy()
    const result = await convert(second.ownerUrl)
    backfill.push(result.durationMs)
    batchMs.push(result.batchMs)
  }
  const perSecond = (durations: readonly number[]): number => Math.round((rows / median(durations)) * 1000)
  return {
    rows,
    plainRowsPerSecond: perSecond(plain),
    backfillRowsPerSecond: perSecond(backfill),
    ratio: round2(median(plain) / median(backfill)),
    batches: median(batchMs.map((one) => one.length)),
    longestBatchMs: Math.round(Math.max(...batchMs.flat())),
  }
}

async function plainUpdate(url: string): Promise<number> {
  await run(url, ['alter table events add column org_id bigint'])
  const startedAt = performance.now()
  await run(url, ['update events e set org_id = p.team_id from projects p where p.id = e.project_id'])
  return performance.now() - startedAt
}

/** Up to the end of the backfill: what follows is not part of it. */
async function convert(url: string): Promise<{ readonly durationMs: number; readonly batchMs: readonly number[] }> {
  await using session = await openSession({ url, applicationName: 'partywall bench' })
  const { plan } = await readConversion(session, resolveConfig({ root: { table: 'teams' } }))
  const batchMs: number[] = []
  let lastAt = 0
  const step = 'expand/events/backfill'
  try {
    await applyPlan({
      session,
      plan,
      to: 'expand',
      onProgress: (progress) => {
        if (progress.type === 'started' && progress.operation.id === step) lastAt = performance.now()
        if (progress.type === 'batch' && progress.operation.id === step) {
          batchMs.push(performance.now() - lastAt)
          lastAt = performance.now()
        }
        if (progress.type === 'finished' && progress.operation.id === step) throw new Measured(progress.durationMs)
      },
    })
  } catch (error) {
    if (error instanceof Measured) return { durationMs: error.durationMs, batchMs }
    throw error
  }
  throw new Error(`the conversion has no step ${step}`)
}

class Measured extends Error {
  readonly durationMs: number

  constructor(durationMs: number) {
    super('measured')
    this.durationMs = durationMs
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
