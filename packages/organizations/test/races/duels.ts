import type { Operation, OperatorOperation } from './operation.ts'

/** One side of a duel. */
interface Duellist {
  readonly login: 'app' | 'operator'
  readonly operations: readonly Operation[]
}

const member = (...operations: readonly Operation[]): Duellist => ({ login: 'app', operations })
const operator = (...operations: readonly OperatorOperation[]): Duellist => ({ login: 'operator', operations })
const accept = (user: string, token = 0): Duellist => member({ kind: 'accept', token, user, email: null })
const demoted = member({ kind: 'change role', actor: 'u0', user: 'u1', role: 'viewer' })
const lowered = operator({ kind: 'define role', role: 'lead', rank: 10, permissions: ['*:read'] })
const raised = operator({ kind: 'define role', role: 'lead', rank: 90, permissions: ['*:*'] })
const invite = (actor: string, email = 'c@example.com'): Duellist =>
  member({ kind: 'invite', actor, email, role: 'member', seconds: 3600, token: 0 })
const rotate = (actor: string): Duellist =>
  member({ kind: 'rotate key', actor, key: 0, secret: 0, overlapSeconds: 0, expired: false })
const create = (actor: string): Duellist =>
  member({ kind: 'create key', actor, key: 0, secret: 0, permissions: ['members:remove'], expired: false })
const promoted = operator({ kind: 'raw role', user: 'u2', role: 'owner' })
const admin = member({ kind: 'change role', actor: 'u0', user: 'u2', role: 'admin' })
const byAdmin = (operation: Operation): Duellist => member(operation)

/** Pairs of which a rule is at stake when they meet. Slots are those that a scenario begins with, or are given out. */
export const duels: readonly (readonly [Duellist, Duellist])[] = [
  [accept('x0'), accept('x1')],
  [accept('x0'), accept('x0')],
  [accept('x0'), accept('x1', 1)],
  [accept('x0'), member({ kind: 'revoke', actor: 'u0', invitation: 0 })],
  [accept('x0'), member({ kind: 'resend', actor: 'u0', invitation: 0, token: 0, seconds: 3600 })],
  [accept('x0'), demoted],
  [accept('x0'), member({ kind: 'change status', actor: 'u0', user: 'u1', status: 'suspended' })],
  [accept('x0'), lowered],
  [accept('x0'), raised],
  [accept('x0'), operator({ kind: 'set seats', seats: 3 })],
  [accept('x0'), operator({ kind: 'set status', status: 'suspended' })],
  [accept('x0'), member({ kind: 'delete', actor: 'u0', graceSeconds: 3600 })],
  [accept('x0'), operator({ kind: 'add member', user: 'x0', role: 'owner' })],
  [invite('u0'), invite('u0')],
  [invite('u1'), demoted],
  [invite('u1'), lowered],
  [invite('u0'), operator({ kind: 'set status', status: 'suspended' })],
  [member({ kind: 'leave', actor: 'u0' }), member({ kind: 'leave', actor: 'u1' })],
  [member({ kind: 'leave', actor: 'u0' }), operator({ kind: 'raw remove', user: 'u1' })],
  [demoted, member({ kind: 'change role', actor: 'u1', user: 'u0', role: 'viewer' })],
  [demoted, member({ kind: 'remove', actor: 'u1', user: 'u2' })],
  [demoted, member({ kind: 'change role', actor: 'u1', user: 'u2', role: 'admin' })],
  [demoted, create('u1')],
  [demoted, rotate('u1')],
  [lowered, create('u1')],
  [lowered, member({ kind: 'change role', actor: 'u1', user: 'u2', role: 'member' })],
  [raised, member({ kind: 'change role', actor: 'u1', user: 'u2', role: 'lead' })],
  [raised, member({ kind: 'remove', actor: 'u1', user: 'u2' })],
  [raised, invite('u1')],
  [promoted, byAdmin({ kind: 'change role', actor: 'u1', user: 'u2', role: 'viewer' })],
  [promoted, byAdmin({ kind: 'remove', actor: 'u1', user: 'u2' })],
  [promoted, byAdmin({ kind: 'change status', actor: 'u1', user: 'u2', status: 'suspended' })],
  [promoted, byAdmin({ kind: 'revoke key', actor: 'u1', key: 0 })],
  [promoted, rotate('u1')],
  [admin, byAdmin({ kind: 'change role', actor: 'u1', user: 'u2', role: 'viewer' })],
  [admin, byAdmin({ kind: 'remove', actor: 'u1', user: 'u2' })],
  [admin, byAdmin({ kind: 'revoke key', actor: 'u1', key: 0 })],
  [admin, rotate('u1')],
  [rotate('u0'), member({ kind: 'revoke key', actor: 'u0', key: 0 })],
  [rotate('u0'), rotate('u1')],
  [
    member({ kind: 'transfer', actor: 'u0', user: 'u2', role: 'viewer' }),
    member({ kind: 'change status', actor: 'u0', user: 'u2', status: 'suspended' }),
  ],
  [
    member({ kind: 'transfer', actor: 'u0', user: 'u2', role: 'viewer' }),
    operator({ kind: 'raw status', user: 'u2', status: 'suspended' }),
  ],
  [member({ kind: 'transfer', actor: 'u0', user: 'u1', role: 'admin' }), member({ kind: 'leave', actor: 'u1' })],
  [
    operator({ kind: 'add member', user: 'x0', role: 'viewer' }),
    operator({ kind: 'add member', user: 'x1', role: 'viewer' }),
  ],
  [operator({ kind: 'add member', user: 'x0', role: 'viewer' }), operator({ kind: 'set seats', seats: 3 })],
  [operator({ kind: 'add member', user: 'x0', role: 'clerk' }), operator({ kind: 'remove role', role: 'clerk' })],
  [
    member({ kind: 'delete', actor: 'u0', graceSeconds: 3600 }, { kind: 'restore', actor: 'u0' }),
    member({ kind: 'delete', actor: 'u0', graceSeconds: 3600 }),
  ],
  [
    member({ kind: 'rename', actor: 'u0', name: '', version: 1 }),
    member({ kind: 'rename', actor: 'u1', name: '', version: 1 }),
  ],
]
