import type { Operation } from './operation.ts'
import { invitationRules } from './play-invitation.ts'
import { keyRules } from './play-key.ts'
import { operatorRules } from './play-operator.ts'
import { actingRank, below, changeBy, write } from './rules.ts'
import type { Outcome, Rules } from './rules.ts'
import type { World } from './world.ts'

type Of<Kind extends Operation['kind']> = Extract<Operation, { readonly kind: Kind }>

/** The rules stand here a second time, in words of their own. */
const rules: Rules<Operation['kind']> = {
  ...invitationRules,
  ...keyRules,
  ...operatorRules,
  'change role': changeMember,
  'change status': changeMember,
  remove: removeMember,
  leave: (world, { actor }) => {
    const member = world.members.get(actor)
    if (member === undefined) return 'PW004'
    return member.status === 'suspended' ? 'PW019' : write(world, [[actor, undefined]], actor)
  },
  transfer,
  rename: (world, { actor, version }) => {
    const rank = actingRank(world, actor, 'organization:update')
    if (typeof rank === 'string') return rank
    if (version !== null && version !== world.version) return 'PW014'
    world.version += 1
    return [`organization.updated by ${actor}`]
  },
  delete: (world, { actor, graceSeconds }) => {
    const rank = actingRank(world, actor, 'organization:delete')
    if (typeof rank === 'string') return rank
    Object.assign(world, { status: 'deleted', restorable: graceSeconds > 0, version: world.version + 1 })
    return [`organization.deleted by ${actor}`]
  },
  restore: (world, { actor }) => {
    if (world.members.get(actor)?.status !== 'active') return 'PW007'
    if (world.status !== 'deleted' || !world.restorable) return 'PW016'
    const rank = actingRank({ ...world, status: 'active' }, actor, 'organization:delete')
    if (typeof rank === 'string') return rank
    Object.assign(world, { status: 'active', version: world.version + 1 })
    return [`organization.restored by ${actor}`]
  },
}

/** Plays an operation in the world, which changes unless it is refused. */
export function play(world: World, operation: Operation): Outcome {
  return (rules[operation.kind] as (world: World, operation: Operation) => Outcome)(world, operation)
}

function changeMember(world: World, operation: Of<'change role' | 'change status'>): Outcome {
  const { actor, user } = operation
  const rank = actingRank(world, actor, 'members:update')
  if (typeof rank === 'string') return rank
  return changeBy(world, operation, { rank, actor, user })
}

function removeMember(world: World, { actor, user }: Of<'remove'>): Outcome {
  const rank = actingRank(world, actor, 'members:remove')
  if (typeof rank === 'string') return rank
  const member = world.members.get(user)
  if (member === undefined) return 'PW004'
  return below(world, rank, member.role) ?? write(world, [[user, undefined]], actor)
}

function transfer(world: World, { actor, user, role }: Of<'transfer'>): Outcome {
  const rank = actingRank(world, actor, 'organization:transfer')
  if (typeof rank === 'string') return rank
  const refusal = below(world, rank, 'owner') ?? below(world, rank, role)
  if (refusal !== undefined) return refusal
  const member = world.members.get(user)
  if (member?.status !== 'active' || user === actor) return 'PW004'
  return write(
    world,
    [
      [actor, { role, status: 'active' }],
      [user, { role: 'owner', status: 'active' }],
    ],
    actor,
  )
}
