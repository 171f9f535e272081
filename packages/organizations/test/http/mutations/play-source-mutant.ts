/** Attacks the hosts of a process that was loaded with a guard taken away, and prints the first problem of each. */
import { hostNames } from '../hosts.ts'
import { openStage } from '../stage.ts'
import type { StageUrls } from '../stage.ts'
import { findProblem } from './find-problem.ts'
import { sourceMutants } from './source-mutants.ts'

// A host that is broken on purpose leaves rejections that nobody waits for.
process.on('unhandledRejection', () => {})
console.error = () => {}

const urls = JSON.parse(process.env['PARTYWALL_HTTP_STAGE'] ?? '') as StageUrls
const mutant = sourceMutants.find(({ name }) => name === process.env['PARTYWALL_HTTP_MUTANT'])
{
  await using stage = await openStage(urls)
  const found: Record<string, string | null> = {}
  for (const host of mutant?.hosts ?? hostNames) found[host] = (await findProblem({ stage, host })) ?? null
  console.log(JSON.stringify(found))
}
