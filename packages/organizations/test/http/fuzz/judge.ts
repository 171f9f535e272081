import { internals } from '@partywall/testing/http-attacks'
import type { FuzzAnswer } from './send.ts'

/** Looks at answers, and remembers what none may be. */
export interface Judge {
  /** How often each status came; 0 for a connection that was closed without an answer. */
  readonly statuses: Record<string, number>
  readonly problems: string[]
  record(what: string, answer: FuzzAnswer): void
}

export function createJudge(): Judge {
  const statuses: Record<string, number> = {}
  const problems: string[] = []
  return {
    statuses,
    problems,
    record: (what, { status, type, text }) => {
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status >= 500) problems.push(`${what}: ${status} ${text.slice(0, 500)}`)
      problems.push(...internals(text).map((one) => `${what}: ${one}`))
      if (status < 400 || type !== 'application/problem+json' || text === '') return
      const { code } = JSON.parse(text) as { code?: unknown }
      if (typeof code !== 'string') problems.push(`${what}: a problem without a code`)
    },
  }
}
