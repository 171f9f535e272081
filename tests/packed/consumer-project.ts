import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { packPackages, type PackedPackage } from '../../scripts/pack-packages.ts'

const run = promisify(execFile)

/** What a project beside the packages installs, in the versions that the workspace tests. */
const peers = { pg: '^8.16.0', '@types/pg': '^8.16.0', '@types/node': '^24.0.0' }

/** The Node of the project: the one that runs the tests, unless the environment names the oldest that is supported. */
const node = process.env['PARTYWALL_TEST_CONSUMER_NODE'] ?? process.execPath

/** The result of a program, whatever its exit code. */
export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A project outside of the workspace that has installed the tarballs. */
export interface ConsumerProject extends AsyncDisposable {
  readonly directory: string
  readonly packages: readonly PackedPackage[]
  write(files: Readonly<Record<string, string>>): Promise<void>
  /** Runs a file of the project, from the directory that the file is in. */
  node(file: string, ...args: readonly string[]): Promise<Outcome>
  /** Runs a command that an installed package brought. */
  bin(name: string, ...args: readonly string[]): Promise<Outcome>
}

/** Builds and packs the workspace, and installs everything into a new project. */
export async function installPackages(): Promise<ConsumerProject> {
  const directory = await mkdtemp(join(tmpdir(), 'partywall-consumer-'))
  const packages = await packPackages(join(directory, 'tarballs'))
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      const file = join(directory, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
  }
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies: { ...tarballs, ...peers } }
  await write({ 'package.json': JSON.stringify(manifest), 'commonjs/package.json': '{ "type": "commonjs" }' })
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: directory })
  const start = (file: string, args: readonly string[]): Promise<Outcome> => outcome(directory, [file, ...args])
  return {
    directory,
    packages,
    write,
    node: (file, ...args) => start(join(directory, file), args),
    bin: (name, ...args) => start(join(directory, 'node_modules/.bin', name), args),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  }
}

async function outcome(cwd: string, args: readonly string[]): Promise<Outcome> {
  // Neither the condition of the workspace nor its pnpm reaches a project of its own.
  const { NODE_OPTIONS: _options, INIT_CWD: _directory, ...rest } = process.env
  const env = { ...rest, PATH: [dirname(node), process.env['PATH']].join(delimiter) }
  try {
    return { exitCode: 0, ...(await run(node, [...args], { cwd, env })) }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { exitCode: code, stdout, stderr }
  }
}
