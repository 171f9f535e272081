/**
 * Plays every promise of the tenant scope against sound scopes and against sabotaged ones, and prints the matrix. Ends
 * with 1 when a sound scope breaks a promise, a sabotage breaks none, or a promise is broken by none.
 */
import { startPostgres } from '@partywall/testing'
import { createContractDatabase } from '@partywall/testing/contract'
import type { Lacks } from '@partywall/testing/contract'
import { libraries } from '../contract/libraries.ts'
import { judge, playCandidate, printMatrix } from './matrix.ts'
import type { MatrixRow, MatrixVerdict } from './matrix.ts'
import { candidatesFor } from './sabotage.ts'

const json = process.argv.includes('--json')
const only = process.argv.slice(2).find((argument) => !argument.startsWith('--'))
// Until the verdict is in, an end of any kind is a failure.
process.exitCode = 1
// A scope that is broken on purpose leaves rejections and sockets that nobody waits for.
process.on('unhandledRejection', () => {})
process.on('uncaughtException', () => {})

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  console.error(error)
}

async function main(): Promise<boolean> {
  await using server = await startPostgres()
  // Copies are made of the one that nobody plays on: what is left behind would be in the way of some sabotages.
  const pristine = await createContractDatabase(server)
  const playground = await pristine.clone('select')
  const rows: MatrixRow[] = []
  const candidates = candidatesFor(pristine).filter(({ name }) => only === undefined || name.includes(only))
  for (const candidate of candidates) {
    const row = await playCandidate(candidate, { pristine, playground })
    rows.push(row)
    const reasons = Object.entries(row.broken).map(([id, reason]) => `  ${id}: ${reason}`)
    if (!json) console.error([`${row.name}: ${reasons.length} broken in ${row.durationMs} ms`, ...reasons].join('\n'))
  }
  const verdict = judge(rows)
  if (json) console.log(JSON.stringify({ schemaVersion: 1, ...verdict, rows }))
  else
    console.log([printMatrix(rows), '', ...printLacks(), '', ...printVerdict(verdict, only === undefined)].join('\n'))
  return verdict.survived.length + verdict.wrong.length + (only === undefined ? verdict.idle.length : 0) === 0
}

/** Why a field of the matrix is empty. */
function printLacks(): string[] {
  const reasons = (lacks: Lacks): string[] => Object.entries(lacks).map(([call, reason]) => `${call} (${reason})`)
  return libraries.map(({ name, lacks }) => `${name} has no ${reasons(lacks).join(', no ')}`)
}

function printVerdict(verdict: MatrixVerdict, complete: boolean): string[] {
  const { killed, sabotages, promises, survived, idle, wrong } = verdict
  return [
    `${killed} of ${sabotages} sabotages killed`,
    ...(complete ? [`${promises - idle.length} of ${promises} promises broken by a sabotage`] : []),
    ...survived.map((name) => `survived: ${name}`),
    ...(complete ? idle.map((id) => `broken by no sabotage: ${id}`) : []),
    ...wrong.map((text) => `broken by a sound scope: ${text}`),
  ]
}
