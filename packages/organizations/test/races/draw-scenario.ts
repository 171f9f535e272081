import fc from 'fast-check'
import { duels } from './duels.ts'
import type { Operation } from './operation.ts'
import type { Scenario, Session } from './scenario.ts'

type Draft = Omit<Scenario, 'sessions'> & { readonly meeting: Meeting }

const weighted = <T>(...values: readonly (readonly [weight: number, value: T])[]): fc.Arbitrary<T> =>
  fc.oneof(...values.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

const actor = weighted([5, 'u0'], [4, 'u1'], [2, 'u2'], [1, 'u3'], [1, 'x0'])
const user = fc.constantFrom('u0', 'u1', 'u2', 'u3', 'x0', 'x1')
const role = weighted([2, 'owner'], [3, 'admin'], [2, 'member'], [1, 'viewer'], [3, 'lead'], [1, 'clerk'], [1, 'ghost'])
const held = weighted([2, 'owner'], [3, 'admin'], [1, 'member'], [1, 'viewer'], [2, 'lead'], [1, 'clerk'])
const ownRole = fc.constantFrom('lead', 'clerk', 'ghost')
const status = weighted([3, 'active' as const], [3, 'suspended' as const])
const anyStatus = weighted([5, 'active' as const], [2, 'suspended' as const], [1, 'pending' as const])
const email = fc.constantFrom('a@example.com', 'b@example.com')
const permissions = weighted<readonly string[]>(
  [1, ['tests:read']],
  [1, ['*:read']],
  [1, ['members:remove']],
  [1, ['organization:delete']],
  [1, ['*:*']],
)
const seconds = weighted([5, 3600], [1, 0])
const slot = fc.nat(5)
const rarely = weighted([6, false], [1, true])

// The slots of what is made are given out afterwards, so that none is taken twice.
const forMembers: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('invite' as const), actor, email, role, seconds, token: slot }),
  fc.record({ kind: fc.constant('resend' as const), actor, invitation: slot, seconds, token: slot }),
  fc.record({ kind: fc.constant('revoke' as const), actor, invitation: slot }),
  fc.record({ kind: fc.constant('accept' as const), token: slot, user, email: fc.option(email, { freq: 2 }) }),
  fc.record({ kind: fc.constant('accept' as const), token: slot, user, email: fc.constant(null) }),
  fc.record({ kind: fc.constant('change role' as const), actor, user, role }),
  fc.record({ kind: fc.constant('change role' as const), actor, user, role }),
  fc.record({ kind: fc.constant('change status' as const), actor, user, status }),
  fc.record({ kind: fc.constant('change status' as const), actor, user, status: anyStatus }),
  fc.record({ kind: fc.constant('remove' as const), actor, user }),
  fc.record({ kind: fc.constant('leave' as const), actor }),
  fc.record({ kind: fc.constant('transfer' as const), actor, user, role }),
  fc.record({
    kind: fc.constant('rename' as const),
    actor,
    name: fc.constant(''),
    version: fc.option(fc.constantFrom(1, 2)),
  }),
  fc.record({ kind: fc.constant('delete' as const), actor, graceSeconds: seconds }),
  fc.record({ kind: fc.constant('restore' as const), actor }),
  fc.record({ kind: fc.constant('create key' as const), actor, permissions, key: slot, secret: slot, expired: rarely }),
  fc.record({
    kind: fc.constant('rotate key' as const),
    actor,
    key: slot,
    secret: slot,
    overlapSeconds: fc.constantFrom(0, 3600),
    expired: rarely,
  }),
  fc.record({ kind: fc.constant('revoke key' as const), actor, key: slot }),
)

const forOperator: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('add member' as const), user, role }),
  fc.record({ kind: fc.constant('set role' as const), user, role }),
  fc.record({ kind: fc.constant('drop member' as const), user }),
  fc.record({ kind: fc.constant('set seats' as const), seats: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 4 }) }),
  fc.record({ kind: fc.constant('set status' as const), status: fc.constantFrom('active' as const, 'suspended') }),
  fc.record({
    kind: fc.constant('define role' as const),
    role: ownRole,
    rank: fc.constantFrom(10, 55, 90),
    permissions: weighted<readonly string[]>(
      [1, ['*:read']],
      [1, ['*:*', '!organization:*']],
      [1, ['*:*']],
      [1, ['members:*']],
    ),
  }),
  fc.record({ kind: fc.constant('remove role' as const), role: ownRole }),
  fc.record({ kind: fc.constant('raw role' as const), user, role }),
  fc.record({ kind: fc.constant('raw status' as const), user, status: anyStatus }),
  fc.record({ kind: fc.constant('raw remove' as const), user }),
  fc.record({ kind: fc.constant('raw add' as const), user, role }),
  fc.record({ kind: fc.constant('raw revoke' as const), invitation: slot }),
  fc.record({ kind: fc.constant('raw end key' as const), key: slot }),
  fc.record({ kind: fc.constant('raw count' as const) }),
)

const level = fc.constantFrom('read committed' as const, 'repeatable read', 'serializable')
const end = weighted([12, 'commit' as const], [1, 'rollback' as const])
const disturbance = fc.record({
  kind: weighted([6, 'cancel' as const], [1, 'kill' as const], [1, 'vanish' as const]),
  step: fc.nat(4),
})

/** One in sixteen is disturbed: a backend that is killed costs a connection. */
const rareDisturbance = fc.nat(15).chain((drawn) => (drawn === 0 ? disturbance : fc.constant(null)))

const sessionOf = (login: Session['login'], operation: fc.Arbitrary<Operation>): fc.Arbitrary<Session> =>
  fc.record({
    login: fc.constant(login),
    level,
    savepoints: fc.boolean(),
    operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
    end,
    disturbance: rareDisturbance,
  })

const session = fc.oneof(
  { weight: 3, arbitrary: sessionOf('app', forMembers) },
  { weight: 1, arbitrary: sessionOf('operator', forOperator) },
)

interface Meeting {
  readonly sessions: readonly Session[]
  /** Roles that members have to have. */
  readonly held: Readonly<Record<string, string>>
  readonly invited: string | null
  /** Whether the two take their steps in turn. */
  readonly crossing: boolean
}

const duelMeeting: fc.Arbitrary<Meeting> = fc
  .tuple(fc.constantFrom(...duels), level, level, fc.boolean(), fc.boolean())
  .map(([{ sides, held = {}, invited = null }, first, second, turned, crossing]) => {
    const levels = [first, second]
    const sessions = sides.map(({ login, operations }, at): Session => {
      return { login, operations, level: levels[at] ?? first, savepoints: false, end: 'commit', disturbance: null }
    })
    return { sessions: turned ? sessions.toReversed() : sessions, held, invited, crossing }
  })

const member = (name: string): fc.Arbitrary<Draft['members'][number]> =>
  fc.record({
    user: fc.constant(name),
    role: held,
    status: weighted([6, 'active' as const], [1, 'suspended'], [1, 'pending']),
  })

const draft: fc.Arbitrary<Draft> = fc.record({
  status: weighted([20, 'active' as const], [2, 'deleted'], [1, 'overdue'], [1, 'suspended']),
  spareSeats: weighted<number | null>([3, null], [2, 0], [3, 1]),
  members: fc
    .tuple(member('u1'), member('u2'), fc.option(member('u3')))
    .map(([second, third, fourth]) => [
      { user: 'u0', role: 'owner', status: 'active' as const },
      second,
      third,
      ...(fourth === null ? [] : [fourth]),
    ]),
  invitations: fc.uniqueArray(
    fc.record({ email, role: held, invitedBy: fc.constantFrom(null, 'u0', 'u1', 'u1'), expired: rarely }),
    { minLength: 1, maxLength: 2, selector: (invitation) => invitation.email },
  ),
  keys: fc.array(fc.record({ permissions, grantedBy: fc.constantFrom('u0', 'u1', 'u2') }), {
    minLength: 1,
    maxLength: 1,
  }),
  meeting: fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({
        sessions: fc.array(session, { minLength: 1, maxLength: 4 }),
        held: fc.constant({}),
        invited: fc.constant(null),
        crossing: fc.constant(false),
      }),
    },
    { weight: 1, arbitrary: duelMeeting },
  ),
  turns: fc.array(fc.record({ pick: fc.nat(11), settle: fc.boolean() }), { minLength: 16, maxLength: 16 }),
})

/** The scenario of an interleaving: the same for the same seed and number. */
export function drawScenario(seed: number, number: number): Scenario {
  const [drawn] = fc.sample(draft, {
    seed: Math.imul(seed ^ Math.imul(number + 1, 0x9e3779b1), 0x85ebca6b) | 0,
    numRuns: 1,
  })
  return numbered(drawn as Draft)
}

/** Gives each thing that is made a slot of its own, and lets the others name what may be there. */
function numbered(drawn: Draft): Scenario {
  let token = drawn.invitations.length
  let [key, secret] = [drawn.keys.length, drawn.keys.length]
  const made = drawn.meeting.sessions.map((session) => ({
    ...session,
    operations: session.operations.map((operation): Operation => {
      if (operation.kind === 'invite' || operation.kind === 'resend') return { ...operation, token: token++ }
      if (operation.kind === 'create key') return { ...operation, key: key++, secret: secret++ }
      if (operation.kind === 'rotate key') return { ...operation, secret: secret++ }
      return operation.kind === 'rename' ? { ...operation, name: `name ${token++}` } : operation
    }),
  }))
  const named = (operation: Operation): Operation => {
    if (operation.kind === 'accept') return { ...operation, token: operation.token % token }
    if (operation.kind === 'resend' || operation.kind === 'revoke' || operation.kind === 'raw revoke')
      return { ...operation, invitation: operation.invitation % token }
    if (operation.kind === 'rotate key' || operation.kind === 'revoke key' || operation.kind === 'raw end key')
      return { ...operation, key: operation.key % key }
    return operation
  }
  const sessions = made.map((session) => ({ ...session, operations: session.operations.map(named) }))
  const { meeting, ...rest } = drawn
  const members = rest.members.map((member) => {
    const role = meeting.held[member.user]
    return role === undefined ? member : { ...member, role, status: 'active' as const }
  })
  const [first, ...others] = rest.invitations
  const invited = { email: first?.email ?? '', role: meeting.invited ?? '', invitedBy: 'u1', expired: false }
  const invitations = meeting.invited !== null ? [invited, ...others] : rest.invitations
  const ready = rest.status === 'active' ? sessions : sessions.map(restoring)
  const turns = meeting.crossing ? rest.turns.map((turn, at) => ({ ...turn, pick: at % 2 })) : rest.turns
  return { ...rest, members, invitations, turns, sessions: ready }
}

/** In an organization that is not active, most that members do is refused; first they try to bring it back. */
function restoring(session: Session, at: number): Session {
  if (session.login === 'operator') return session
  const actor = `u${at % 3}`
  return { ...session, operations: [{ kind: 'restore', actor }, ...session.operations.slice(0, 2)] }
}
