/** Runs the first program in a README as a reader would, and tells what it printed and what the README says it prints. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface ReadmeRun {
  readonly printed: readonly string[]
  /** The comments behind `console.log(...)`. */
  readonly promised: readonly string[]
}

export async function runReadme(packageDirectory: string, env: Readonly<Record<string, string>>): Promise<ReadmeRun> {
  const readme = await readFile(join(packageDirectory, 'README.md'), 'utf8')
  const program = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  // In the package itself, whose name leads to its own sources. Newer versions of Node need no word to read TypeScript.
  const run = promisify(execFile)(
    process.execPath,
    ['--conditions=partywall-source', '--input-type=module-typescript', '--eval', program],
    { cwd: packageDirectory, env: { ...process.env, ...env, NO_COLOR: '1' } },
  )
  const { stdout } = await run
  return {
    printed: stdout.trimEnd().split('\n'),
    promised: [...program.matchAll(/^ *console\.log\(.*\) \/\/ (.*)$/gm)].map(([, output = '']) => output),
  }
}
