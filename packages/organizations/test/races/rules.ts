import type { MemberStatus, Operation } from './operation.ts'
import { permits } from './permissions.ts'
import { activeOwners, takenSeats } from './world.ts'
import type { World } from './world.ts'

/** What an operation does when nobody else is there: the SQLSTATE of its refusal, or the events that it tells. */
export type Outcome = string | readonly string[]

/** How operations of some kinds are played. */
export type Rules<Kind extends Operation['kind']> = {
  readonly [One in Kind]: (world: World, operation: Extract<Operation, { readonly kind: One }>) => Outcome
}

/** The rank of who acts, or the refusal. */
export function actingRank(world: World, actor: string, permission: string): number | string {
  const member = world.members.get(actor)
  const role = world.roles.get(member?.role ?? '')
  if (member?.status !== 'active' || role === undefined) return 'PW007'
  if (world.status !== 'active') return 'PW008'
  return permits(role.permissions, permission) ? role.rank : 'PW009'
}

/** The refusal for who does not stand above a role. */
export function below(world: World, rank: number, role: string): string | undefined {
  const other = world.roles.get(role)
  if (other === undefined) return 'PW011'
  return rank < 100 && rank <= other.rank ? 'PW005' : undefined
}

type Change = readonly [user: string, after: { readonly role: string; readonly status: MemberStatus } | undefined]

/** Writes members in one statement, unless the last owner would go or a seat is missing. */
export function write(world: World, changes: readonly Change[], actor: string | null): Outcome {
  const after = new Map(world.members)
  const told: string[] = []
  for (const [user, member] of changes.toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    told.push(...changed(user, [after.get(user), member]).map((event) => `${event} by ${actor}`))
    if (member === undefined) after.delete(user)
    else after.set(user, member)
  }
  if (activeOwners(after.values()) === 0 && activeOwners(world.members.values()) > 0) return 'PW002'
  if (world.seats !== null && takenSeats(after.values()) > world.seats) return 'PW003'
  for (const [user, member] of changes) if (member === undefined) revokeKeys(world, user)
  world.members.clear()
  for (const [user, member] of after) world.members.set(user, member)
  return told
}

/** Who is gone answers for no key any more, and gets none back. */
function revokeKeys({ keys, secrets }: World, user: string): void {
  for (const [slot, key] of keys) {
    if (key.grantedBy !== user || key.revoked) continue
    keys.set(slot, { ...key, revoked: true })
    for (const [secret, of] of secrets) if (of === slot) secrets.delete(secret)
  }
}

function changed(user: string, [before, after]: readonly [Change[1], Change[1]]): readonly string[] {
  if (before === undefined) return after === undefined ? [] : [`member.added ${user} ${after.role} ${after.status}`]
  if (after === undefined) return [`member.removed ${user} ${before.role}`]
  return [
    ...(before.role === after.role ? [] : [`member.role_changed ${user} ${after.role} ${before.role}`]),
    ...(before.status === after.status
      ? []
      : [`member.${after.status === 'suspended' ? 'suspended' : 'activated'} ${user} ${after.role}`]),
  ]
}

/** Changes a member, for who stands above. */
export function changeBy(
  world: World,
  change: { readonly role?: string; readonly status?: MemberStatus },
  { rank, actor, user }: { readonly rank: number; readonly actor: string | null; readonly user: string },
): Outcome {
  const member = world.members.get(user)
  if (member === undefined) return 'PW004'
  const refusal = below(world, rank, member.role) ?? (change.role && below(world, rank, change.role))
  if (refusal) return refusal
  if (change.status !== undefined && (member.status === 'pending' || change.status === 'pending')) return 'PW013'
  return write(world, [[user, { role: change.role ?? member.role, status: change.status ?? member.status }]], actor)
}
