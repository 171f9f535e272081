import type { MemberStatus } from './operation.ts'
import { ownRoles } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** What an organization is, as far as it is raced for. */
export interface World {
  status: 'active' | 'suspended' | 'deleted'
  restorable: boolean
  version: number
  seats: number | null
  readonly roles: Map<string, { readonly rank: number; readonly permissions: readonly string[] }>
  readonly members: Map<string, { readonly role: string; readonly status: MemberStatus }>
  /** By slot. */
  readonly invitations: Map<number, Invitation>
  /** The invitation of each token that is not used up. */
  readonly tokens: Map<number, number>
  /** By slot. */
  readonly keys: Map<number, Key>
  /** The key of each secret. */
  readonly secrets: Map<number, number>
}

export interface Invitation {
  readonly email: string
  readonly role: string
  readonly status: string
  readonly invitedBy: string | null
  readonly acceptedBy: string | null
  readonly expired: boolean
}

export interface Key {
  readonly permissions: readonly string[]
  readonly grantedBy: string
  readonly revoked: boolean
  readonly expired: boolean
}

const builtInRoles = [
  { name: 'owner', rank: 100, permissions: ['*:*'] },
  {
    name: 'admin',
    rank: 75,
    permissions: ['*:*', '!organization:delete', '!organization:transfer', '!subscription:*', '*:read'],
  },
  {
    name: 'member',
    rank: 50,
    permissions: [
      '*:*',
      '!organization:*',
      '!members:*',
      '!invitations:*',
      '!domains:*',
      '!api-keys:*',
      '!settings:*',
      '!subscription:*',
      '*:read',
    ],
  },
  { name: 'viewer', rank: 25, permissions: ['*:read'] },
]

/** The world that a scenario begins with. */
export function worldOf(scenario: Scenario): World {
  const { members, invitations, keys } = scenario
  const pending = { status: 'pending', acceptedBy: null }
  return {
    status: scenario.status === 'overdue' ? 'deleted' : scenario.status,
    restorable: scenario.status === 'deleted',
    version: 1,
    seats: seatsOf(scenario),
    roles: new Map([...builtInRoles, ...ownRoles].map(({ name, ...role }) => [name, role])),
    members: new Map(members.map(({ user, ...member }) => [user, member])),
    invitations: new Map(invitations.map((invitation, slot) => [slot, { ...invitation, ...pending }])),
    tokens: new Map(invitations.map((_, slot) => [slot, slot])),
    keys: new Map(keys.map((key, slot) => [slot, { ...key, revoked: false, expired: false }])),
    secrets: new Map(keys.map((_, slot) => [slot, slot])),
  }
}

export function seatsOf({ members, spareSeats }: Scenario): number | null {
  return spareSeats === null ? null : takenSeats(members) + spareSeats
}

export function takenSeats(members: Iterable<{ readonly status: string }>): number {
  return [...members].filter(({ status }) => status !== 'suspended').length
}

export function activeOwners(members: Iterable<{ readonly role: string; readonly status: string }>): number {
  return [...members].filter(({ role, status }) => role === 'owner' && status === 'active').length
}

export function copyWorld(world: World): World {
  const { roles, members, invitations, tokens, keys, secrets } = world
  return {
    ...world,
    roles: new Map(roles),
    members: new Map(members),
    invitations: new Map(invitations),
    tokens: new Map(tokens),
    keys: new Map(keys),
    secrets: new Map(secrets),
  }
}
