import type { MemberStatus } from './operation.ts'
import type { Names } from './names.ts'
import type { Testimony } from './witness.ts'
import { copyWorld } from './world.ts'
import type { World } from './world.ts'

type Row = Readonly<Record<string, unknown>>

/** The world as the witness saw it change, one transaction after another. */
export class Evidence {
  readonly world: World
  readonly #names: Names
  readonly #slots = new Map<string, number>()

  constructor(world: World, names: Names, invitations: ReadonlyMap<number, string>) {
    this.world = copyWorld(world)
    this.#names = names
    for (const [slot, id] of invitations) this.#slots.set(id, slot)
    for (let slot = 0; slot < 32; slot += 1) this.#slots.set(names.keyId(slot), slot)
  }

  /** Takes the changes of a transaction up. */
  take(changes: readonly Testimony[]): void {
    for (const { relation, before, after } of changes) {
      if (relation === 'memberships') this.#member(before, after)
      else if (relation === 'invitations' && after !== null) this.#invitation(after)
      else if (relation === 'api_keys' && after !== null) this.#key(after)
      else if (relation === 'organizations' && after !== null) {
        this.world.status = after['status'] as World['status']
        this.world.seats = after['seat_limit'] as number | null
      }
    }
  }

  #member(before: Row | null, after: Row | null): void {
    const { members } = this.world
    if (before !== null && (after === null || after['user_id'] !== before['user_id']))
      members.delete(before['user_id'] as string)
    if (after === null) return
    members.set(after['user_id'] as string, { role: this.role(after['role']), status: after['status'] as MemberStatus })
  }

  #invitation(after: Row): void {
    this.world.invitations.set(this.#slot(after['id']), {
      email: after['email'] as string,
      role: this.role(after['role']),
      status: after['status'] as string,
      invitedBy: after['invited_by'] as string | null,
      acceptedBy: after['accepted_by'] as string | null,
      expired: false,
    })
  }

  #key(after: Row): void {
    this.world.keys.set(this.#slot(after['id']), {
      permissions: after['permissions'] as string[],
      grantedBy: after['granted_by'] as string,
      revoked: after['revoked_at'] !== null,
      expired: false,
    })
  }

  /** All of it, a line for each thing. */
  summary(): readonly string[] {
    const { status, seats, members, invitations, keys } = this.world
    return [
      `organization ${status}, ${seats} seats`,
      ...[...members].map(([user, member]) => `${user} ${member.role} ${member.status}`),
      ...[...invitations.values()].map(
        ({ email, role, status, invitedBy, acceptedBy }) =>
          `${email} as ${role} by ${invitedBy}: ${status} ${acceptedBy ?? ''}`,
      ),
      ...[...keys].map(([slot, key]) => `key ${slot} of ${key.grantedBy}: ${key.permissions.join(' ')} ${key.revoked}`),
    ]
  }

  /** The name that the scenario has for a role. */
  role(name: unknown): string {
    return String(name).replace(`-${this.#names.number}`, '')
  }

  // What nobody in the race knows the slot of gets one of its own.
  #slot(id: unknown): number {
    const known = this.#slots.get(id as string)
    if (known !== undefined) return known
    this.#slots.set(id as string, this.#slots.size + 100)
    return this.#slots.size + 99
  }

  /** The events that tell of members and of the organization, in the order of their positions. */
  events(changes: readonly Testimony[]): readonly string[] {
    return appended(changes)
      .filter(({ type }) => /^(member|organization)[.]/.test(String(type)))
      .map((event) => this.#describe(event))
  }

  #describe({ type, payload, actor }: Row): string {
    const { userId, role, roleBefore, status } = payload as Row
    const who = (actor as { readonly id?: string } | null)?.id ?? null
    const told = String(type).startsWith('member.')
      ? [
          userId,
          this.role(role),
          ...(roleBefore === undefined ? [] : [this.role(roleBefore)]),
          ...(status === undefined ? [] : [status]),
        ]
      : []
    return [...[type, ...told].map(String), `by ${who}`].join(' ')
  }
}

/** The rows of the outbox that a transaction appended, in the order of their positions. */
export function appended(changes: readonly Testimony[]): readonly Row[] {
  return changes
    .flatMap(({ relation, before, after }) =>
      relation === 'outbox' && before === null && after !== null ? [after] : [],
    )
    .toSorted((left, right) => Number(left['position']) - Number(right['position']))
}
