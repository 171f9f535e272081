import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Cleans up when told to, and also when this process ends without saying so. */
export interface Reaper {
  /** Lets this process end while the reaper waits. */
  detach(): void
  /** Runs the cleaning script and waits for its end. Safe to call twice. */
  reap(): Promise<void>
}

/**
 * Starts a shell that waits for the end of its input, which the kernel closes however this process ends, and then runs
 * the script with the given arguments. Exit handlers could not do that: they don't run on SIGKILL, and signal handlers
 * would change how the host process answers to signals.
 */
export function startReaper(script: string, args: readonly string[]): Reaper {
  // In a session of its own, so that Ctrl-C in a terminal reaches the host process only.
  const shell: ChildProcess = spawn('/bin/sh', ['-c', `cat >/dev/null\n${script}`, 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  const ended = Promise.race([once(shell, 'exit'), once(shell, 'error')]).then(
    () => undefined,
    () => undefined,
  )
  return {
    detach: () => shell.unref(),
    reap: async () => {
      shell.ref()
      shell.stdin?.end()
      await ended
    },
  }
}
