import type { Operation } from './operation.ts'
import { includes } from './permissions.ts'
import { actingRank, below } from './rules.ts'
import type { Rules } from './rules.ts'
import type { Key, World } from './world.ts'

type KeyOperation = Extract<Operation, { readonly kind: 'rotate key' | 'revoke key' }>

/** What becomes of an API key. */
export const keyRules: Rules<'create key' | 'rotate key' | 'revoke key'> = {
  'create key': (world, { actor, permissions, key, secret, expired }) => {
    const rank = actingRank(world, actor, 'api-keys:create')
    if (typeof rank === 'string') return rank
    if (exceeds(world, actor, permissions)) return 'PW042'
    world.keys.set(key, { permissions, grantedBy: actor, revoked: false, expired })
    world.secrets.set(secret, key)
    return []
  },
  'rotate key': (world, operation) => {
    const { actor, expired, secret, overlapSeconds } = operation
    const key = touched(world, operation, 'api-keys:create')
    if (typeof key === 'string') return key
    if (exceeds(world, actor, key.permissions)) return 'PW042'
    if (overlapSeconds === 0) dropSecrets(world, operation.key)
    world.keys.set(operation.key, { ...key, grantedBy: actor, expired })
    world.secrets.set(secret, operation.key)
    return []
  },
  'revoke key': (world, operation) => {
    const key = touched(world, operation, 'api-keys:revoke')
    if (typeof key === 'string') return key
    dropSecrets(world, operation.key)
    world.keys.set(operation.key, { ...key, revoked: true })
    return []
  },
}

/** The key, for who may touch it: the key of somebody who stands above is not touched. */
function touched(world: World, { actor, key: slot }: KeyOperation, permission: string): Key | string {
  const rank = actingRank(world, actor, permission)
  if (typeof rank === 'string') return rank
  const key = world.keys.get(slot)
  if (key === undefined || key.revoked) return 'PW041'
  const granting = world.members.get(key.grantedBy)
  if (key.grantedBy === actor || granting === undefined) return key
  return below(world, rank, granting.role) ?? key
}

function exceeds(world: World, actor: string, permissions: readonly string[]): boolean {
  const rules = world.roles.get(world.members.get(actor)?.role ?? '')?.permissions ?? []
  return !permissions.every((permission) => includes(rules, permission))
}

function dropSecrets(world: World, slot: number): void {
  for (const [secret, of] of world.secrets) if (of === slot) world.secrets.delete(secret)
}
