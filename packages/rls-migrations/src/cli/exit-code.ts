/** What the process tells its caller. */
export const exitCode = {
  ok: 0,
  error: 1,
  usage: 2,
  pending: 3,
  finding: 4,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
