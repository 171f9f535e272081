import type { Names } from './names.ts'
import type { Operation } from './operation.ts'

/** One statement, which its connection prepares once. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** What an operation is to be translated with. */
export interface Known {
  readonly names: Names
  /** The ids of the invitations that are known by now, by slot. */
  readonly invitations: ReadonlyMap<number, string>
}

type Values = {
  readonly [Kind in Operation['kind']]: readonly [
    text: string,
    values: (operation: Extract<Operation, { readonly kind: Kind }>, known: Known) => readonly unknown[],
  ]
}

const noInvitation = '00000000-0000-4000-8000-000000000000'
const where = 'where organization_id = $1 and user_id = $2'

const statements: Values = {
  invite: [
    'select * from partywall.invite_member($1, $2, $3, $4, $5)',
    ({ actor, email, role, token, seconds }, { names }) => [
      actor,
      email,
      names.role(role),
      names.tokenDigest(token),
      seconds,
    ],
  ],
  resend: [
    'select * from partywall.resend_invitation($1, $2, $3, $4)',
    ({ actor, invitation, token, seconds }, { names, invitations }) => [
      actor,
      invitations.get(invitation) ?? noInvitation,
      names.tokenDigest(token),
      seconds,
    ],
  ],
  revoke: [
    'select partywall.revoke_invitation($1, $2)',
    ({ actor, invitation }, { invitations }) => [actor, invitations.get(invitation) ?? noInvitation],
  ],
  accept: [
    'select * from partywall.accept_invitation($1, $2, $3)',
    ({ token, user, email }, { names }) => [names.tokenDigest(token), user, email],
  ],
  'change role': [
    'select * from partywall.change_member_role($1, $2, $3)',
    ({ actor, user, role }, { names }) => [actor, user, names.role(role)],
  ],
  'change status': [
    'select * from partywall.change_member_status($1, $2, $3)',
    ({ actor, user, status }) => [actor, user, status],
  ],
  remove: ['select partywall.remove_member($1, $2)', ({ actor, user }) => [actor, user]],
  leave: ['select partywall.leave_organization($1)', ({ actor }) => [actor]],
  transfer: [
    'select partywall.transfer_ownership($1, $2, $3)',
    ({ actor, user, role }, { names }) => [actor, user, names.role(role)],
  ],
  rename: [
    'select partywall.update_organization($1, $2, $3)',
    ({ actor, name, version }) => [actor, { name }, version],
  ],
  delete: ['select partywall.delete_organization($1, $2)', ({ actor, graceSeconds }) => [actor, graceSeconds]],
  restore: ['select partywall.restore_organization($1)', ({ actor }) => [actor]],
  'create key': [
    "select partywall.create_api_key($1, $2, 'key', $3, $4, $5)",
    ({ actor, key, permissions, secret, expired }, { names }) => [
      actor,
      names.keyId(key),
      permissions,
      names.secretDigest(secret),
      expiry(expired),
    ],
  ],
  'rotate key': [
    'select partywall.rotate_api_key($1, $2, $3, $4, $5)',
    ({ actor, key, secret, overlapSeconds, expired }, { names }) => [
      actor,
      names.keyId(key),
      names.secretDigest(secret),
      overlapSeconds,
      expiry(expired),
    ],
  ],
  'revoke key': ['select partywall.revoke_api_key($1, $2)', ({ actor, key }, { names }) => [actor, names.keyId(key)]],
  'add member': ['select * from partywall.add_member($1, null, $2, $3)', userAndRole],
  'set role': ['select * from partywall.change_member($1, null, $2, $3, null)', userAndRole],
  'drop member': ['select partywall.drop_member($1, null, $2)', ({ user }, { names }) => [names.organizationId, user]],
  'set seats': [
    'update partywall.organizations set seat_limit = $2 where id = $1',
    ({ seats }, { names }) => [names.organizationId, seats],
  ],
  'set status': [
    "update partywall.organizations set status = $2, version = version + 1 where id = $1 and status <> 'deleted'",
    ({ status }, { names }) => [names.organizationId, status],
  ],
  'define role': [
    `insert into partywall.roles (name, rank, permissions) values ($1, $2, $3)
     on conflict (name) do update set rank = excluded.rank, permissions = excluded.permissions`,
    ({ role, rank, permissions }, { names }) => [names.role(role), rank, permissions],
  ],
  'remove role': ['delete from partywall.roles where name = $1', ({ role }, { names }) => [names.role(role)]],
  'raw role': [`update partywall.memberships set role = $3 ${where}`, userAndRole],
  'raw status': [
    `update partywall.memberships set status = $3 ${where}`,
    ({ user, status }, { names }) => [names.organizationId, user, status],
  ],
  'raw remove': [`delete from partywall.memberships ${where}`, ({ user }, { names }) => [names.organizationId, user]],
  'raw add': [
    'insert into partywall.memberships (organization_id, user_id, role) values ($1, $2, $3) on conflict do nothing',
    userAndRole,
  ],
  'raw revoke': [
    "update partywall.invitations set status = 'revoked' where id = $1 and status = 'pending'",
    ({ invitation }, { invitations }) => [invitations.get(invitation) ?? noInvitation],
  ],
  'raw end key': [
    'update partywall.api_keys set revoked_at = now() where id = $1 and revoked_at is null',
    ({ key }, { names }) => [names.keyId(key)],
  ],
  'raw count': [
    'update partywall.organizations set owner_count = 0 where id = $1',
    (_, { names }) => [names.organizationId],
  ],
}

/** The statement of an operation. */
export function statementOf(operation: Operation, known: Known): Statement {
  const [text, values] = statements[operation.kind]
  const valuesOf = values as (operation: Operation, known: Known) => readonly unknown[]
  return { name: operation.kind, text, values: valuesOf(operation, known) }
}

function userAndRole(
  { user, role }: { readonly user: string; readonly role: string },
  { names }: Known,
): readonly unknown[] {
  return [names.organizationId, user, names.role(role)]
}

function expiry(expired: boolean): string | null {
  return expired ? '2000-01-01' : null
}
