import { below, changeBy, write } from './rules.ts'
import type { Outcome, Rules } from './rules.ts'
import type { OperatorOperation } from './operation.ts'
import { takenSeats } from './world.ts'
import type { World } from './world.ts'

/** What the operator does, whom no rank binds. */
export const operatorRules: Rules<OperatorOperation['kind']> = {
  'add member': (world, { user, role }) => {
    const refusal = below(world, 101, role) ?? (world.members.has(user) ? 'PW012' : undefined)
    return refusal ?? write(world, [[user, { role, status: 'active' }]], null)
  },
  'set role': (world, { user, role }) => changeBy(world, { role }, { rank: 101, actor: null, user }),
  'drop member': (world, { user }) => (world.members.has(user) ? write(world, [[user, undefined]], null) : 'PW004'),
  'set seats': (world, { seats }) => {
    if (seats !== null && takenSeats(world.members.values()) > seats) return 'PW003'
    world.seats = seats
    return []
  },
  'set status': (world, { status }) => {
    if (world.status === 'deleted') return []
    const before = world.status
    Object.assign(world, { status, version: world.version + 1 })
    if (before === status) return []
    return [`organization.${status === 'active' ? 'reactivated' : 'suspended'} by null`]
  },
  'define role': (world, { role, rank, permissions }) => {
    world.roles.set(role, { rank, permissions })
    return []
  },
  'remove role': (world, { role }) => {
    if ([...world.members.values()].some((member) => member.role === role)) return '23503'
    world.roles.delete(role)
    return []
  },
  'raw role': (world, { user, role }) => raw(world, user, { role }),
  'raw status': (world, { user, status }) => raw(world, user, { status }),
  'raw remove': (world, { user }) => (world.members.has(user) ? write(world, [[user, undefined]], null) : []),
  'raw add': (world, { user, role }) => {
    if (world.members.has(user)) return []
    return world.roles.has(role) ? write(world, [[user, { role, status: 'active' }]], null) : '23503'
  },
  // Their tokens and secrets are left, and of no use.
  'raw revoke': (world, { invitation: slot }) => {
    const invitation = world.invitations.get(slot)
    if (invitation?.status === 'pending') world.invitations.set(slot, { ...invitation, status: 'revoked' })
    return []
  },
  'raw end key': (world, { key: slot }) => {
    const key = world.keys.get(slot)
    if (key !== undefined) world.keys.set(slot, { ...key, revoked: true })
    return []
  },
  'raw count': () => 'PW010',
}

function raw(
  world: World,
  user: string,
  change: { readonly role: string } | { readonly status: 'active' | 'suspended' | 'pending' },
): Outcome {
  const member = world.members.get(user)
  if (member === undefined) return []
  if ('role' in change && !world.roles.has(change.role)) return '23503'
  return write(world, [[user, { ...member, ...change }]], null)
}
