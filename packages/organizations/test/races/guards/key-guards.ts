import type { Guard } from './guard.ts'

/** Of API keys and their secrets. */
export const keyGuards: readonly Guard[] = [
  {
    name: 'created: within what who acts may do',
    functions: [['create_api_key', /perform partywall\.assert_key_within\([^)]*\);/, '']],
  },
  {
    name: 'rotated: within what who acts may do',
    functions: [
      [
        'rotate_api_key',
        /perform partywall\.assert_key_within\([^;]*(partywall\.lock_api_key\([^)]*\))\);/,
        'perform $1;',
      ],
    ],
  },
  {
    name: 'created: a rule that takes away',
    functions: [['includes_rule', "left(n.taken, 1) = '!'", 'false']],
  },
  {
    name: 'touched: the lock of the key',
    functions: [['lock_api_key', 'k.revoked_at is null for update;', 'k.revoked_at is null;']],
  },
  { name: 'touched: what is not revoked', functions: [['lock_api_key', ' and k.revoked_at is null', '']] },
  { name: 'touched: in its organization alone', functions: [['lock_api_key', 'k.organization_id = tenant and ', '']] },
  {
    name: 'touched: the rank of who answers for it',
    functions: [['lock_api_key', 'perform partywall.assert_outranks(acting_rank, granting_role);', 'null;']],
  },
  {
    name: 'touched: the lock of who answers for it',
    functions: [['lock_api_key', 'm.user_id = held.granted_by for share;', 'm.user_id = held.granted_by;']],
  },
  {
    name: 'rotated: the secrets before it end',
    functions: [['rotate_api_key', /update partywall\.api_key_secrets[^;]*;/, '']],
  },
  {
    name: 'revoked: the secrets end',
    functions: [['revoke_api_key', /delete from partywall\.api_key_secrets[^;]*;/, '']],
  },
  {
    name: 'gone: the keys of members who are removed',
    sql: 'alter table partywall.memberships disable trigger revoke_keys_of_removed_members',
  },
  {
    name: 'gone: the keys of members who become others',
    sql: 'alter table partywall.memberships disable trigger revoke_keys_of_replaced_members',
  },
  {
    name: 'gone: no key of who stays',
    functions: [['revoke_keys_of_members', /tg_op = 'DELETE' or not exists \(.*?\)\)/s, 'true)']],
  },
  {
    name: 'gone: the secrets of those keys',
    functions: [['revoke_keys_of_members', /delete from partywall\.api_key_secrets[^;]*;/, '']],
  },
  {
    name: 'gone: the keys of that organization alone',
    functions: [['revoke_keys_of_members', 'k.organization_id = r.organization_id and ', '']],
  },
  { name: 'used: in time', functions: [['find_api_key', ' and coalesce(k.expires_at > now(), true)', '']] },
  {
    name: 'used: with a secret in time',
    functions: [['find_api_key', 'coalesce(s.expires_at > now(), true)', 'true']],
  },
  {
    name: 'used: of an active member',
    functions: [['find_api_key', "m.user_id = k.granted_by and m.status = 'active'", 'm.user_id = k.granted_by']],
  },
  {
    name: 'used: what is not revoked',
    functions: [['find_api_key', ' and k.revoked_at is null', '']],
  },
]
