import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const readme = await readFile(path.join(import.meta.dirname, 'README.md'), 'utf8')

/** The commands of the session that the README shows, each with what it prints. */
function shownSession(): readonly (readonly [command: string, printed: string])[] {
  const session = /```console\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  return session
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...printed] = part.trimEnd().split('\n')
      return [command, printed.join('\n')] as const
    })
}

/** Runs what `pnpm start` does, until it has printed what is for the other terminal. */
async function start(): Promise<{ env: Record<string, string> } & AsyncDisposable> {
  const { scripts } = JSON.parse(await readFile(path.join(import.meta.dirname, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const [, ...args] = scripts.start.split(' ')
  const child = spawn(process.execPath, args, {
    cwd: import.meta.dirname,
    env: { ...process.env, PORT: '0', SHUTDOWN_NOTICE_MS: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  const exports = (): string[][] => [...output.matchAll(/^export (\w+)=(\S+)\n/gm)].map(([, ...pair]) => pair)
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += String(chunk)
    if (exports().length === 3) break
  }
  const env = Object.fromEntries(exports()) as Record<string, string>
  return {
    env,
    async [Symbol.asyncDispose]() {
      child.stdout.resume()
      child.kill('SIGTERM')
      const [code] = (await once(child, 'close')) as [number | null]
      expect(code).toBe(0)
    },
  }
}

it('prints what the README shows, on a PostgreSQL that one command starts, and stops', async () => {
  await using service = await start()
  const session = shownSession()
  expect(session).toHaveLength(7)
  for (const [command, printed] of session) {
    const { stdout } = await promisify(execFile)('bash', ['-c', command], { env: { ...process.env, ...service.env } })
    expect(stdout.trimEnd(), command).toBe(printed)
  }
})
