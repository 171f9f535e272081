import type { Actor } from './scope.ts'

/** What happens in a tenancy that somebody outside may have to know: for audit, logs and metrics. */
export type TenancyEvent =
  | {
      /** An operator scope is about to open. A listener that throws or rejects keeps it shut. */
      readonly type: 'operator.opened'
      readonly reason: string
      readonly actor: Actor
    }
  | {
      readonly type: 'operator.closed'
      readonly reason: string
      readonly actor: Actor
      readonly durationMs: number
      /** Whether the function failed. */
      readonly failed: boolean
    }
  | {
      /** A connection was closed instead of going back to the pool. */
      readonly type: 'connection.closed'
      readonly reason: 'poisoned' | 'in-transaction' | 'context-not-applied' | 'cancel-unconfirmed' | 'preface-failed'
      readonly processId: number | undefined
    }
  | {
      /** A call found no scope while others were open: it may have lost its context. Once for each call site. */
      readonly type: 'context.lost'
      /** File, line and column. */
      readonly callSite: string
      readonly stack: string
      readonly openScopes: number
    }
  | {
      /** With `mode: 'observe'`, a call outside every scope ran all the same. Once for each call site. */
      readonly type: 'context.unscoped'
      /** File, line and column. */
      readonly callSite: string
      readonly stack: string
    }
  | {
      /** The ORM was not recognized; it runs with one client for each organization. */
      readonly type: 'prisma.fallback'
      readonly reason: string
    }

/** Receives events. Errors of a listener are warnings of the process, except where the event says otherwise. */
export type TenancyListener = (event: TenancyEvent) => void | Promise<void>

/** Hands an event to the listener without waiting for it. */
export function emitEvent(listener: TenancyListener | undefined, event: TenancyEvent): void {
  if (listener === undefined) return
  const warn = (error: unknown): void => {
    process.emitWarning(error instanceof Error ? error : String(error), { code: 'PARTYWALL_LISTENER_FAILED' })
  }
  try {
    Promise.resolve(listener(event)).catch(warn)
  } catch (error) {
    warn(error)
  }
}
