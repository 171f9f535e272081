import type { MemberStatus, Operation } from './operation.ts'

/** One interleaving: an organization, and the sessions that write to it at once. */
export interface Scenario {
  /** What the organization is at the beginning; overdue is deleted, and not to be restored. */
  readonly status: 'active' | 'suspended' | 'deleted' | 'overdue'
  /** Seats beyond those that are taken; NULL for no limit. */
  readonly spareSeats: number | null
  readonly members: readonly { readonly user: string; readonly role: string; readonly status: MemberStatus }[]
  /** Their slots are their places. */
  readonly invitations: readonly SetUpInvitation[]
  /** Their slots are their places. */
  readonly keys: readonly { readonly permissions: readonly string[]; readonly grantedBy: string }[]
  readonly sessions: readonly Session[]
  readonly turns: readonly Turn[]
}

interface SetUpInvitation {
  readonly email: string
  readonly role: string
  /** NULL for a system. */
  readonly invitedBy: string | null
  readonly expired: boolean
}

export type Level = 'read committed' | 'repeatable read' | 'serializable'

/** One transaction. */
export interface Session {
  readonly login: 'app' | 'operator'
  readonly level: Level
  /** Whether a statement that is refused is rolled back alone. */
  readonly savepoints: boolean
  readonly operations: readonly Operation[]
  readonly end: 'commit' | 'rollback'
  /** What happens to the backend while a step runs: begin is 0, the operations follow, then the end. */
  readonly disturbance: { readonly kind: 'cancel' | 'kill' | 'vanish'; readonly step: number } | null
}

/** Which of the sessions that have steps left goes on, and whether it is waited for before the next one. */
export interface Turn {
  readonly pick: number
  readonly settle: boolean
}

/** The roles that an interleaving has for itself, beside the built-in ones. */
export const ownRoles: readonly {
  readonly name: string
  readonly rank: number
  readonly permissions: readonly string[]
}[] = [
  { name: 'lead', rank: 60, permissions: ['members:*', 'invitations:*', 'api-keys:*', '*:read'] },
  { name: 'clerk', rank: 30, permissions: ['invitations:create', 'members:update', '*:read'] },
]
