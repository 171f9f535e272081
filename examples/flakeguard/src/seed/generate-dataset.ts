import { createDataset, type Dataset } from './dataset.ts'
import { generateFlakes } from './generate-flakes.ts'
import { generatePeople } from './generate-people.ts'
import { generateRepositories } from './generate-repositories.ts'
import { generateResults } from './generate-results.ts'
import { generateTasks } from './generate-tasks.ts'
import type { Generation } from './generation.ts'
import { createRandom } from './random.ts'

/** Which data to generate. */
export interface DatasetOptions {
  /** 1 gives 50,000 test results. @defaultValue 1 */
  readonly scale?: number | undefined
  /** The same seed and scale give the same rows. @defaultValue 1 */
  readonly seed?: number | undefined
  /** People who exist already and act in the data. @defaultValue people are generated too */
  readonly userIds?: readonly string[] | undefined
}

const resultsAtScaleOne = 50_000

/**
 * Makes up some weeks in the life of FlakeGuard. Pure: no clock, no database.
 *
 * @throws RangeError when `scale` is not a positive number, or `userIds` is empty.
 */
export function generateDataset({ scale = 1, seed = 1, userIds }: DatasetOptions = {}): Dataset {
  if (!(scale > 0)) throw new RangeError(`The scale must be a positive number; it is ${scale}.`)
  const setting = {
    random: createRandom(seed),
    dataset: createDataset(),
    resultCount: Math.max(1, Math.round(resultsAtScaleOne * scale)),
    now: new Date('2026-06-30T18:00:00Z'),
  }
  // People have numbers of their own, so that the other rows are the same with and without them.
  const generation: Generation = {
    ...setting,
    userIds: userIds ?? generatePeople({ ...setting, random: createRandom(~seed) }),
  }
  generateRepositories(generation)
  generateResults(generation)
  generateFlakes(generation)
  generateTasks(generation)
  return generation.dataset
}
