import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import type { CliIo } from '@partywall/rls-migrations'

/** The process as a command sees it. */
export function processIo(): CliIo {
  return {
    write: (text) => writeAll(1, text),
    writeError: (text) => writeAll(2, text),
    isLive: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    isInteractive: process.stdin.isTTY && process.stderr.isTTY,
    async ask(question) {
      const prompt = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await prompt.question(question)
      } finally {
        prompt.close()
      }
    },
    env: process.env,
    // Scripts of a workspace run in its root; the person may stand elsewhere.
    cwd: process.env['INIT_CWD'] ?? process.cwd(),
  }
}

/** A pipe may be full for a moment (EAGAIN), and its reader may be gone (EPIPE): neither is worth losing the exit code for. */
function writeAll(descriptor: 1 | 2, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
