/**
 * Takes each guard of the management API away, one at a time, and attacks both hosts: prints what noticed it, and the kill
 * score. Ends with 1 when a guard was not missed, or a host is not sound to begin with.
 *
 * `--only <text>` plays the mutants whose name has it; `--json` prints one document.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { createContractDatabase } from '@partywall/testing/contract'
import { hostNames } from '../hosts.ts'
import { openStage } from '../stage.ts'
import { findProblem } from './find-problem.ts'
import { playFunctionMutant, playPolicyMutant, playRouteMutants, playSourceMutant } from './play.ts'
import type { Verdict } from './play.ts'
import { functionMutants, policyMutants } from './database-mutants.ts'
import { sourceMutants } from './source-mutants.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, json: { type: 'boolean', default: false } },
})
const { only, json } = values
const isMeant = ({ name }: { readonly name: string }): boolean => name.includes(only)
// Hosts that are broken on purpose log what they are asked, and leave rejections that nobody waits for.
process.on('unhandledRejection', () => {})
const { error: log } = console
console.error = () => {}

await using server = await startPostgres()
await using database = await createContractDatabase(server)
await using stage = await openStage(database)
const verdicts: Verdict[] = []
const record = (verdict: Verdict): void => {
  verdicts.push(verdict)
  log(
    `${verdict.problem === undefined ? 'SURVIVED' : 'killed  '} ${verdict.host}: ${verdict.name}: ${verdict.problem ?? ''}`,
  )
}
const unsound: string[] = []
for (const host of hostNames) {
  const problem = await findProblem({ stage, host })
  if (problem !== undefined) unsound.push(`${host}: ${problem}`)
}
if (unsound.length === 0) {
  await playRouteMutants(stage, isMeant, record)
  for (const mutant of functionMutants.filter(isMeant)) await playFunctionMutant(stage, mutant, record)
  for (const mutant of policyMutants.filter(isMeant)) await playPolicyMutant(stage, mutant, record)
  for (const mutant of sourceMutants.filter(isMeant)) await playSourceMutant(database, mutant, record)
}
const survived = verdicts.filter(({ problem }) => problem === undefined)
const killed = verdicts.length - survived.length
if (json) console.log(JSON.stringify({ schemaVersion: 1, killed, mutants: verdicts.length, unsound, verdicts }))
else {
  console.log(`${killed} of ${verdicts.length} mutants killed (${((killed / verdicts.length) * 100).toFixed(1)} %)`)
  for (const { host, name } of survived) console.log(`survived: ${host}: ${name}`)
  for (const problem of unsound) console.log(`sound and not kept: ${problem}`)
}
process.exitCode = survived.length + unsound.length === 0 && verdicts.length > 0 ? 0 : 1
