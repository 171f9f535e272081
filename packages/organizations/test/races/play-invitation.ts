import type { Operation } from './operation.ts'
import { permits } from './permissions.ts'
import { actingRank, below, write } from './rules.ts'
import type { Outcome, Rules } from './rules.ts'
import type { Invitation, World } from './world.ts'

type InvitationOperation = Extract<Operation, { readonly kind: 'invite' | 'resend' | 'revoke' | 'accept' }>
type Accept = Extract<Operation, { readonly kind: 'accept' }>

/** What becomes of an invitation. */
export const invitationRules: Rules<'invite' | 'resend' | 'revoke' | 'accept'> = {
  invite: playSent,
  resend: playSent,
  revoke: playSent,
  accept,
}

function playSent(world: World, operation: Exclude<InvitationOperation, Accept>): Outcome {
  const rank = actingRank(
    world,
    operation.actor,
    operation.kind === 'revoke' ? 'invitations:revoke' : 'invitations:create',
  )
  if (typeof rank === 'string') return rank
  if (operation.kind === 'invite') {
    const refusal = below(world, rank, operation.role)
    return refusal ?? invite(world, operation)
  }
  const invitation = world.invitations.get(operation.invitation)
  if (invitation?.status !== 'pending') return 'PW034'
  const refusal = below(world, rank, invitation.role)
  if (refusal !== undefined) return refusal
  dropTokens(world, operation.invitation)
  if (operation.kind === 'revoke') {
    world.invitations.set(operation.invitation, { ...invitation, status: 'revoked' })
    return []
  }
  const expired = operation.seconds <= 0
  world.invitations.set(operation.invitation, { ...invitation, invitedBy: operation.actor, expired })
  world.tokens.set(operation.token, operation.invitation)
  return []
}

function invite(world: World, operation: Extract<Operation, { readonly kind: 'invite' }>): Outcome {
  const { email, role, actor, seconds, token } = operation
  const [slot, pending] =
    [...world.invitations].find(([, other]) => other.email === email && other.status === 'pending') ?? []
  if (slot !== undefined && pending !== undefined) {
    if (!pending.expired) return 'PW033'
    world.invitations.set(slot, { ...pending, status: 'expired' })
    dropTokens(world, slot)
  }
  world.invitations.set(token, {
    email,
    role,
    status: 'pending',
    invitedBy: actor,
    acceptedBy: null,
    expired: seconds <= 0,
  })
  world.tokens.set(token, token)
  return []
}

function accept(world: World, { token, user, email }: Accept): Outcome {
  const slot = world.tokens.get(token)
  const invitation = world.invitations.get(slot ?? -1)
  if (world.status !== 'active' || slot === undefined || !isOpen(world, invitation)) return 'PW031'
  if (email !== null && email !== invitation.email) return 'PW032'
  const member = world.members.get(user)
  if (member !== undefined && member.status !== 'pending') return 'PW012'
  if (!world.roles.has(invitation.role)) return '23503'
  const outcome = write(world, [[user, { role: invitation.role, status: 'active' }]], user)
  if (typeof outcome === 'string') return outcome
  world.invitations.set(slot, { ...invitation, status: 'accepted', acceptedBy: user })
  dropTokens(world, slot)
  return outcome
}

/** Whether an invitation can be accepted: it is worth what who answers for it may grant now. */
function isOpen(world: World, invitation: Invitation | undefined): invitation is Invitation {
  if (invitation?.status !== 'pending' || invitation.expired) return false
  if (invitation.invitedBy === null) return true
  const grantor = world.members.get(invitation.invitedBy)
  const role = world.roles.get(grantor?.role ?? '')
  if (grantor?.status !== 'active' || role === undefined) return false
  return permits(role.permissions, 'invitations:create') && below(world, role.rank, invitation.role) === undefined
}

function dropTokens(world: World, slot: number): void {
  for (const [token, of] of world.tokens) if (of === slot) world.tokens.delete(token)
}
