/**
 * The outputs that README.md shows, made by the commands themselves. Run as a script it writes them into the file; a
 * test compares them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadDump, openSession, runCli, type CliIo } from '../packages/rls-migrations/src/index.ts'
import { commands } from '../packages/partywall/src/commands.ts'
import { startThrowawayDatabase } from '../packages/partywall/src/throwaway-database.ts'

const root = join(import.meta.dirname, '..')

/** What each block of the README shows, by the name in its marker. */
export const outputs: Readonly<Record<string, () => Promise<string>>> = {
  rehearse: () => run(['rehearse', 'tests/data/northwind.sql'], {}),
  broken: showBrokenWall,
}

/** The text with the outputs in place of what stood in its blocks. */
export async function withOutputs(text: string): Promise<string> {
  let result = text
  for (const [name, make] of Object.entries(outputs)) {
    const block = new RegExp(`(<!-- output: ${name} -->\n\`\`\`text\n)[\\s\\S]*?(\`\`\`\n<!-- end -->)`)
    if (!block.test(result)) throw new Error(`README.md has no block for ${name}.`)
    const output = (await make()).trim()
    result = result.replace(block, (_whole, head: string, tail: string) => `${head}${output}\n${tail}`)
  }
  return result
}

/** Durations differ from run to run; nothing else does. */
export function withoutDurations(text: string): string {
  return text.replaceAll(/\d+ ms/g, 'N ms')
}

/** A conversion from which somebody takes one policy away. */
async function showBrokenWall(): Promise<string> {
  await using database = await startThrowawayDatabase()
  await loadDump({ path: join(root, 'tests/data/chinook.sql') }, database)
  const env = { DATABASE_URL: database.ownerUrl }
  await run(['apply', '--to', 'enforce', '--yes'], env)
  await using session = await openSession({ url: database.ownerUrl, applicationName: 'readme' })
  await session.query('drop policy tenant_isolation on public.invoice')
  const output = await run(['verify'], env)
  return `${output}$ echo $?\n${lastCode}`
}

let lastCode = 0

async function run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  let output = ''
  const io: CliIo = {
    write: (text) => (output += text),
    writeError: () => undefined,
    isLive: false,
    isInteractive: false,
    ask: () => Promise.resolve(''),
    env,
    cwd: root,
  }
  lastCode = await runCli({ argv, commands, io, ports: { startThrowawayDatabase } })
  return output
}

if (import.meta.main) {
  const path = join(root, 'README.md')
  writeFileSync(path, await withOutputs(readFileSync(path, 'utf8')))
}
