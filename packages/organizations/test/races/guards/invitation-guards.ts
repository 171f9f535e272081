import type { Guard } from './guard.ts'

const tokenStays = [
  'accept_invitation',
  'delete from partywall.invitation_tokens t where t.digest = token_digest returning t.invitation_id into invitation_id',
  'select t.invitation_id into invitation_id from partywall.invitation_tokens t where t.digest = token_digest',
] as const
const anyStatus = ['accept_invitation', "i.status = 'pending' and ", ''] as const

/** Of invitations and their tokens. */
export const invitationGuards: readonly Guard[] = [
  {
    name: 'invited: one pending for an address',
    sql: 'drop index partywall.invitations_pending_key',
    functions: [['add_invitation', "on conflict (organization_id, email) where status = 'pending' do nothing", '']],
  },
  {
    name: 'invited: the rank',
    functions: [
      [
        'add_invitation',
        /perform partywall\.assert_outranks\((partywall\.lock_organization\([^)]*\)), new_role\);/,
        'perform $1;',
      ],
    ],
  },
  {
    name: 'invited: an expired token ends',
    functions: [['add_invitation', /delete from partywall\.invitation_tokens[^;]*;/, '']],
  },
  {
    name: 'resent: the rank',
    functions: [['resend_invitation', 'perform partywall.assert_outranks(acting_rank, invited_role);', '']],
  },
  { name: 'resent: what is pending', functions: [['resend_invitation', " and i.status = 'pending'", '']] },
  {
    name: 'resent: in its organization alone',
    functions: [['resend_invitation', 'i.organization_id = tenant and ', '']],
  },
  {
    name: 'resent: the old token ends',
    sql: 'alter table partywall.invitation_tokens drop constraint invitation_tokens_invitation_id_key',
    functions: [['resend_invitation', /delete from partywall\.invitation_tokens[^;]*;/, '']],
  },
  {
    name: 'resent: one token for an invitation',
    sql: 'alter table partywall.invitation_tokens drop constraint invitation_tokens_invitation_id_key',
  },
  {
    name: 'revoked: the rank',
    functions: [['revoke_invitation', 'perform partywall.assert_outranks(acting_rank, invited_role);', '']],
  },
  { name: 'revoked: what is pending', functions: [['revoke_invitation', " and i.status = 'pending'", '']] },
  {
    name: 'revoked: in its organization alone',
    functions: [['revoke_invitation', 'i.organization_id = tenant and ', '']],
  },
  {
    name: 'revoked: the token ends',
    functions: [['revoke_invitation', /delete from partywall\.invitation_tokens[^;]*;/, '']],
  },
  {
    name: 'accepted: the lock of the organization',
    functions: [['accept_invitation', "o.status = 'active' for no key update;", "o.status = 'active';"]],
  },
  {
    name: 'accepted: an active organization',
    functions: [['accept_invitation', " and o.status = 'active' for", ' for']],
  },
  { name: 'accepted: the token is used up', functions: [tokenStays] },
  { name: 'accepted: the token is used up, whatever the status', functions: [tokenStays, anyStatus] },
  {
    name: 'accepted: what is pending',
    functions: [anyStatus],
  },
  { name: 'accepted: in time', functions: [['accept_invitation', ' and i.expires_at > clock_timestamp()', '']] },
  {
    name: 'accepted: the lock of the invitation',
    functions: [['accept_invitation', 'clock_timestamp() for update;', 'clock_timestamp();']],
  },
  {
    name: 'accepted: who invited is active',
    functions: [
      ['accept_invitation', "m.user_id = invited.invited_by and m.status = 'active'", 'm.user_id = invited.invited_by'],
    ],
  },
  {
    name: 'accepted: who invited may invite',
    functions: [['accept_invitation', "not partywall.permits(grantor.permissions, 'invitations:create')", 'false']],
  },
  {
    name: 'accepted: the rank of who invited',
    functions: [['accept_invitation', ' and (r.rank < grantor.rank or grantor.rank = 100)', '']],
  },
  {
    name: 'accepted: the lock of who invited',
    functions: [['accept_invitation', 'for no key update of m for share of r;', 'for share of r;']],
  },
  {
    name: 'accepted: the lock of the role of who invited',
    functions: [['accept_invitation', 'for no key update of m for share of r;', 'for no key update of m;']],
  },
  {
    name: 'accepted: the lock of the role',
    functions: [['accept_invitation', 'grantor.rank = 100) for share;', 'grantor.rank = 100);']],
  },
  {
    name: 'accepted: the address',
    functions: [['accept_invitation', 'accepting_address is not null and accepting_address <> invited.email', 'false']],
  },
  { name: 'accepted: by who is no member yet', functions: [['accept_invitation', "where m.status = 'pending'", '']] },
  {
    name: 'accepted: who acts is noted',
    functions: [
      [
        'accept_invitation',
        'partywall.require_acting_user(accepting_user), true)',
        "partywall.require_acting_user('somebody'), true)",
      ],
    ],
  },
  { name: 'shown: in time', functions: [['find_invitation', ' and i.expires_at > clock_timestamp()', '']] },
  { name: 'shown: of an active organization', functions: [['find_invitation', " and o.status = 'active'", '']] },
  {
    name: 'shown: what is pending',
    functions: [['find_invitation', "i.status = 'pending' and ", '']],
  },
]
