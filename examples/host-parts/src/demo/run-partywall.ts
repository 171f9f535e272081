import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../../../packages/partywall/src/main.ts', import.meta.url))

/** Where a command runs. */
export interface CommandPlace {
  /** The directory of the service, with its `partywall.config.ts`. */
  readonly directory: string
  /** The owner's. */
  readonly databaseUrl: string
  /** Whether its output is left out. @defaultValue false */
  readonly quiet?: boolean
}

/**
 * Runs the command as a person would, output and all.
 *
 * @throws Error when it ends with another code than 0.
 */
export async function runPartywall(place: CommandPlace, args: readonly string[]): Promise<void> {
  const { directory, databaseUrl, quiet = false } = place
  if (!quiet) console.log(`\n$ partywall ${args.join(' ')}`)
  const child = spawn(process.execPath, ['--conditions=partywall-source', main, ...args], {
    cwd: directory,
    stdio: quiet ? ['ignore', 'ignore', 'pipe'] : 'inherit',
    env: { ...process.env, INIT_CWD: directory, DATABASE_URL: databaseUrl },
  })
  let told = ''
  child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`partywall ${args.join(' ')} ended with ${code}.${told}`)
}
