import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../../../packages/partywall/src/main.ts', import.meta.url))

/** Where a command runs. */
export interface CommandPlace {
  /** The directory of the service, with its `partywall.config.ts`. */
  readonly directory: string
  /** The owner's. */
  readonly databaseUrl: string
}

/**
 * Runs the command as a person would, output and all.
 *
 * @throws Error when it ends with another code than 0.
 */
export async function runPartywall({ directory, databaseUrl }: CommandPlace, args: readonly string[]): Promise<void> {
  console.log(`\n$ partywall ${args.join(' ')}`)
  const child = spawn(process.execPath, ['--conditions=partywall-source', main, ...args], {
    cwd: directory,
    stdio: 'inherit',
    env: { ...process.env, INIT_CWD: directory, DATABASE_URL: databaseUrl },
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`partywall ${args.join(' ')} ended with ${code}.`)
}
