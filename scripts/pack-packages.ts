import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { workspacePackages } from './source-files.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

/** One package as the registry would get it. */
export interface PackedPackage {
  readonly name: string
  /** What others import: `.`, `./http`, without `./package.json`. */
  readonly entries: readonly string[]
  /** Packages that only some entries need. */
  readonly optionalPeers: readonly string[]
  readonly tarball: string
}

/**
 * Builds every package and packs it into `directory`.
 *
 * @throws Error with the output of the command that failed.
 */
export async function packPackages(directory: string): Promise<readonly PackedPackage[]> {
  await mkdir(directory, { recursive: true })
  await pnpm(root, ['run', 'build'])
  const published = [...workspacePackages(root).values()].filter(({ manifest }) => manifest.private !== true)
  return await Promise.all(
    published.map(async ({ directory: source, manifest }) => {
      const output = await pnpm(join(root, source), ['pack', '--json', '--pack-destination', directory])
      const { filename } = JSON.parse(output) as { filename: string }
      const entries = Object.keys(manifest.exports ?? {}).filter((entry) => entry !== './package.json')
      const optionalPeers = Object.keys(manifest.peerDependenciesMeta ?? {})
      return { name: manifest.name, entries, optionalPeers, tarball: join(directory, basename(filename)) }
    }),
  )
}

/** The pnpm that runs the script, or the one of npm. */
async function pnpm(cwd: string, args: readonly string[]): Promise<string> {
  const { npm_execpath: path = '', npm_config_user_agent: agent = '' } = process.env
  const [command, ...before] = agent.startsWith('pnpm') && path !== '' ? launch(path) : ['npx', '-y', 'pnpm@12']
  const { stdout } = await run(command as string, [...before, ...args], { cwd, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`pnpm ${args.join(' ')} failed:\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error })
    },
  )
  return stdout
}

function launch(path: string): string[] {
  return /\.[cm]?js$/.test(path) ? [process.execPath, path] : [path]
}
