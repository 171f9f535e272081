import { assertKeepsApart, measureSlice } from './measure-slice.ts'
import type { Slice, SliceOptions } from './measure-slice.ts'
import { shuffle } from './shuffle.ts'
import type { Variant } from './variant.ts'

/** A variant with the database that it asks. */
export interface Subject {
  readonly variant: Variant
  readonly options: Omit<SliceOptions, 'operations'>
}

/** How long to measure. */
export interface RoundOptions {
  readonly rounds: number
  readonly sliceMs: number
}

const warmUpMs = 250
const firstOperations = 128

/** The slices of each subject, one for each round, in the order of the subjects. */
export async function measureRounds(subjects: readonly Subject[], options: RoundOptions): Promise<Slice[][]> {
  const operations: number[] = []
  for (const subject of subjects) operations.push(await warmUp(subject, options.sliceMs))
  const slices: Slice[][] = subjects.map(() => [])
  for (let round = 0; round < options.rounds; round++) {
    for (const index of interleaved(subjects)) {
      const subject = subjects[index] as Subject
      const slice = await measureSlice(subject.variant, { ...subject.options, operations: operations[index] ?? 1 })
      slices[index]?.push(slice)
    }
  }
  for (const { variant, options: slice } of subjects) await assertKeepsApart(variant, { ...slice, operations: 1 })
  return slices
}

/** Opens connections, prepares statements, lets the compiler see the code, and finds out how much fits into a slice. */
async function warmUp({ variant, options }: Subject, sliceMs: number): Promise<number> {
  await assertKeepsApart(variant, { ...options, operations: 1 })
  let { elapsed } = await measureSlice(variant, { ...options, operations: firstOperations })
  const operations = Math.max(firstOperations, Math.ceil((warmUpMs * 1000) / elapsed))
  elapsed = (await measureSlice(variant, { ...options, operations })).elapsed
  return Math.max(options.concurrency * 2, Math.ceil((sliceMs * 1000) / elapsed))
}

/** A new order for each round: of the groups, and within each. What is compared stays close in time. */
function interleaved(subjects: readonly Subject[]): number[] {
  const groups = new Map<string, number[]>()
  for (const [index, { variant }] of subjects.entries())
    groups.set(variant.group, [...(groups.get(variant.group) ?? []), index])
  return shuffle([...groups.values()]).flatMap((group) => shuffle(group))
}
