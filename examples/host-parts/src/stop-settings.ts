/** In which time a host stops: `SHUTDOWN_NOTICE_MS` (2,000) and `SHUTDOWN_TIMEOUT_MS` (10,000) of the environment. */
export function stopSettings(env: NodeJS.ProcessEnv = process.env): { noticeMs: number; timeoutMs: number } {
  return {
    noticeMs: milliseconds('SHUTDOWN_NOTICE_MS', env['SHUTDOWN_NOTICE_MS'] ?? '2000'),
    timeoutMs: milliseconds('SHUTDOWN_TIMEOUT_MS', env['SHUTDOWN_TIMEOUT_MS'] ?? '10000'),
  }
}

function milliseconds(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`${name} has to be a number of milliseconds below 1,000,000.`)
  return Number(text)
}
