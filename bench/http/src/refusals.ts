import { quantile } from './quantile.ts'
import type { RunningHost } from './measure.ts'

/** How long two refusals take, in milliseconds, that nobody is to tell apart. */
export interface Refusals {
  readonly unknown: readonly number[]
  readonly foreign: readonly number[]
}

const path = '/test-runs/00000000-0000-0000-0000-000000000000'

/** Asks in turn for an organization that does not exist and for one that the user is not in, one at a time. */
export async function measureRefusals({ origin }: RunningHost, times: number): Promise<Refusals> {
  const ask = async (organization: string): Promise<number> => {
    const headers = { authorization: 'Bearer user-1-1', 'x-organization': organization }
    const started = performance.now()
    const answer = await fetch(origin + path, { headers })
    await answer.arrayBuffer()
    if (answer.status !== 404) throw new Error(`${organization} was answered with ${answer.status}.`)
    return performance.now() - started
  }
  const unknown: number[] = []
  const foreign: number[] = []
  for (let time = 0; time < times; time += 1) {
    // In turn: which of them comes first would tell otherwise.
    if (time % 2 === 0) unknown.push(await ask(`organizatiom-${2 + (time % 900)}`))
    foreign.push(await ask(`organization-${2 + (time % 900)}`))
    if (time % 2 === 1) unknown.push(await ask(`organizatiom-${2 + (time % 900)}`))
  }
  return { unknown, foreign }
}

/** The middle of each, and of what lies between them: no more than between two halves of one. */
export function compareRefusals({ unknown, foreign }: Refusals): Readonly<Record<string, number>> {
  const half = (values: readonly number[], odd: number): readonly number[] => values.filter((_, at) => at % 2 === odd)
  const median = (values: readonly number[]): number => quantile(values, 0.5)
  return {
    unknownMs: median(unknown),
    foreignMs: median(foreign),
    differenceMs: median(foreign) - median(unknown),
    differenceOfHalvesMs: median(half(unknown, 0)) - median(half(unknown, 1)),
  }
}
