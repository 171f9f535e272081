import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A host in a process of its own. */
export interface HostProcess extends AsyncDisposable {
  readonly origin: string
  readonly child: ChildProcess
  /** What it has logged, a line each. */
  readonly log: readonly string[]
  /** Its exit code. */
  readonly ended: Promise<number | null>
}

/** Starts `after/main.ts` and waits until it listens. */
export async function startProcess(env: Readonly<Record<string, string>>): Promise<HostProcess> {
  const main = fileURLToPath(new URL('../after/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=partywall-source', main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', ...env },
  })
  const log: string[] = []
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const origin = await new Promise<string>((resolve, reject) => {
    let rest = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      log.push(...lines)
      const address = lines.map((line) => (JSON.parse(line) as { address?: string }).address).find(Boolean)
      if (address !== undefined) resolve(address)
    })
    void ended.then((code) => reject(new Error(`The host ended with ${code} before it listened.`)))
  })
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return { origin, child, log, ended, [Symbol.asyncDispose]: kill }
}
