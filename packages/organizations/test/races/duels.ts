import type { Operation, OperatorOperation } from './operation.ts'

/** Two sides that meet, and the roles that the others have to have for something to be at stake. */
export interface Duel {
  readonly sides: readonly [Duellist, Duellist]
  readonly held?: Readonly<Record<string, string>>
  /** The role of the first invitation, which u1 answers for. */
  readonly invited?: string
}

/** One side of a duel. */
interface Duellist {
  readonly login: 'app' | 'operator'
  readonly operations: readonly Operation[]
}

const member = (...operations: readonly Operation[]): Duellist => ({ login: 'app', operations })
const operator = (...operations: readonly OperatorOperation[]): Duellist => ({ login: 'operator', operations })
const accept = (user: string, token = 0): Duellist => member({ kind: 'accept', token, user, email: null })
const demoted = member({ kind: 'change role', actor: 'u0', user: 'u1', role: 'viewer' })
const demotedByHand = operator({ kind: 'raw role', user: 'u1', role: 'viewer' })
const lowered = operator({ kind: 'define role', role: 'lead', rank: 10, permissions: ['*:read'] })
const raised = operator({ kind: 'define role', role: 'lead', rank: 90, permissions: ['*:*'] })
const invite = (actor: string, email = 'c@example.com'): Duellist =>
  member({ kind: 'invite', actor, email, role: 'member', seconds: 3600, token: 0 })
const rotate = (actor: string): Duellist =>
  member({ kind: 'rotate key', actor, key: 0, secret: 0, overlapSeconds: 0, expired: false })
const create = (actor: string): Duellist =>
  member({ kind: 'create key', actor, key: 0, secret: 0, permissions: ['members:remove'], expired: false })
const promotions = [
  operator({ kind: 'raw role', user: 'u2', role: 'owner' }),
  operator({ kind: 'raw role', user: 'u2', role: 'admin' }),
  member({ kind: 'change role', actor: 'u0', user: 'u2', role: 'admin' }),
]
const byMember: readonly Operation[] = [
  { kind: 'change role', actor: 'u1', user: 'u2', role: 'viewer' },
  { kind: 'change status', actor: 'u1', user: 'u2', status: 'suspended' },
  { kind: 'remove', actor: 'u1', user: 'u2' },
  { kind: 'revoke key', actor: 'u1', key: 0 },
  { kind: 'rotate key', actor: 'u1', key: 0, secret: 0, overlapSeconds: 0, expired: false },
]

const owners = { u1: 'owner' }
const admins = { u1: 'admin', u2: 'member' }
const leads = { u1: 'lead', u2: 'viewer' }
const duel = (left: Duellist, right: Duellist, held: Duel['held'] = {}): Duel => ({ sides: [left, right], held })

const answering: readonly Duellist[] = [
  demoted,
  member({ kind: 'change role', actor: 'u0', user: 'u1', role: 'member' }),
  member({ kind: 'change status', actor: 'u0', user: 'u1', status: 'suspended' }),
  operator({ kind: 'raw role', user: 'u1', role: 'member' }),
]

const overInvitations: readonly Duel[] = [
  ...answering.map((change): Duel => ({ ...duel(accept('x0'), change, admins), invited: 'viewer' })),
  { ...duel(accept('x0'), lowered, leads), invited: 'viewer' },

  duel(accept('x0'), accept('x1')),
  duel(accept('x0'), accept('x0')),
  duel(accept('x0'), accept('x1', 1)),
  duel(accept('x0'), member({ kind: 'revoke', actor: 'u0', invitation: 0 })),
  duel(accept('x0'), operator({ kind: 'raw revoke', invitation: 0 })),
  duel(accept('x0'), member({ kind: 'resend', actor: 'u0', invitation: 0, token: 0, seconds: 3600 })),
  duel(accept('x0'), operator({ kind: 'raw role', user: 'u1', role: 'viewer' }), admins),
  { ...duel(accept('x0'), raised, admins), invited: 'lead' },
  duel(accept('x0'), operator({ kind: 'set seats', seats: 3 })),
  duel(accept('x0'), operator({ kind: 'set status', status: 'suspended' })),
  duel(accept('x0'), member({ kind: 'delete', actor: 'u0', graceSeconds: 3600 })),
  duel(accept('x0'), operator({ kind: 'add member', user: 'x0', role: 'owner' })),
  duel(invite('u0'), invite('u0')),
  duel(invite('u1'), demoted, admins),
  duel(invite('u1'), lowered, leads),
  duel(invite('u1'), raised, leads),
  duel(invite('u0'), operator({ kind: 'set status', status: 'suspended' })),
]

const overOwners: readonly Duel[] = [
  duel(member({ kind: 'leave', actor: 'u0' }), member({ kind: 'leave', actor: 'u1' }), owners),
  duel(member({ kind: 'leave', actor: 'u0' }), operator({ kind: 'raw remove', user: 'u1' }), owners),
  duel(operator({ kind: 'raw remove', user: 'u0' }), operator({ kind: 'raw remove', user: 'u1' }), owners),
  duel(
    operator({ kind: 'raw role', user: 'u0', role: 'viewer' }),
    operator({ kind: 'raw status', user: 'u1', status: 'suspended' }),
    owners,
  ),
  duel(demoted, member({ kind: 'change role', actor: 'u1', user: 'u0', role: 'viewer' }), owners),
  duel(
    member({ kind: 'transfer', actor: 'u0', user: 'u2', role: 'viewer' }),
    member({ kind: 'change status', actor: 'u1', user: 'u2', status: 'suspended' }),
    admins,
  ),
  duel(
    member({ kind: 'transfer', actor: 'u0', user: 'u2', role: 'viewer' }),
    operator({ kind: 'raw status', user: 'u2', status: 'suspended' }),
    owners,
  ),
  duel(
    member({ kind: 'transfer', actor: 'u0', user: 'u2', role: 'viewer' }),
    operator({ kind: 'raw status', user: 'u2', status: 'pending' }),
    { u1: 'owner', u2: 'member' },
  ),
  duel(
    member({ kind: 'transfer', actor: 'u0', user: 'u1', role: 'admin' }),
    member({ kind: 'leave', actor: 'u1' }),
    admins,
  ),
]

/** One goes by themself while another writes to them: in whichever order, and neither waits for ever. */
const overLeaving: readonly Duel[] = [
  member({ kind: 'remove', actor: 'u0', user: 'u1' }),
  member({ kind: 'change role', actor: 'u0', user: 'u1', role: 'viewer' }),
  member({ kind: 'change status', actor: 'u0', user: 'u1', status: 'suspended' }),
  member({ kind: 'transfer', actor: 'u0', user: 'u1', role: 'admin' }),
].map((change) => duel(member({ kind: 'leave', actor: 'u1' }), change, admins))

const overRanks: readonly Duel[] = [
  ...promotions.flatMap((promotion) => byMember.map((operation) => duel(promotion, member(operation), admins))),
  ...byMember.map((operation) => duel(demoted, member(operation), admins)),
  ...byMember.map((operation) => duel(lowered, member(operation), leads)),
  ...byMember.map((operation) => duel(raised, member(operation), { u1: 'admin', u2: 'lead' })),
  // By hand, which locks no organization: who is demoted meanwhile acts no more.
  ...byMember.map((operation) => duel(demotedByHand, member(operation), admins)),
  duel(demotedByHand, invite('u1'), admins),
  duel(demoted, create('u1'), admins),
  duel(lowered, create('u1'), leads),
  duel(raised, member({ kind: 'change role', actor: 'u1', user: 'u2', role: 'lead' }), admins),
  duel(raised, member({ kind: 'transfer', actor: 'u1', user: 'u2', role: 'viewer' }), leads),
]

const overTheRest: readonly Duel[] = [
  duel(rotate('u0'), member({ kind: 'revoke key', actor: 'u0', key: 0 })),
  duel(rotate('u0'), operator({ kind: 'raw end key', key: 0 })),
  duel(member({ kind: 'revoke key', actor: 'u0', key: 0 }), operator({ kind: 'raw end key', key: 0 })),
  duel(rotate('u0'), rotate('u1'), owners),
  duel(
    operator({ kind: 'add member', user: 'x0', role: 'viewer' }),
    operator({ kind: 'add member', user: 'x1', role: 'viewer' }),
  ),
  duel(
    operator({ kind: 'raw add', user: 'x0', role: 'viewer' }),
    operator({ kind: 'raw add', user: 'x1', role: 'viewer' }),
  ),
  duel(operator({ kind: 'add member', user: 'x0', role: 'viewer' }), operator({ kind: 'set seats', seats: 3 })),
  duel(operator({ kind: 'add member', user: 'x0', role: 'clerk' }), operator({ kind: 'remove role', role: 'clerk' })),
  duel(
    member({ kind: 'delete', actor: 'u0', graceSeconds: 3600 }, { kind: 'restore', actor: 'u0' }),
    member({ kind: 'delete', actor: 'u0', graceSeconds: 3600 }),
  ),
  duel(
    member({ kind: 'delete', actor: 'u0', graceSeconds: 0 }, { kind: 'restore', actor: 'u0' }),
    operator({ kind: 'set status', status: 'active' }),
  ),
  duel(
    member({ kind: 'rename', actor: 'u0', name: '', version: 1 }),
    member({ kind: 'rename', actor: 'u1', name: '', version: 1 }),
    owners,
  ),
]

/** Pairs of which a rule is at stake when they meet. Slots are those that a scenario begins with, or are given out. */
export const duels: readonly Duel[] = [...overInvitations, ...overOwners, ...overLeaving, ...overRanks, ...overTheRest]
