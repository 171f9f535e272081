import type { Guard } from './guard.ts'

const memberLock = 'for no key update of m for share of r;'
const targetLock = /(user_id = (?:changed_user|removed_user)) for (?:no key )?update;/
const targetRank = /perform partywall\.assert_outranks\(acting_rank, (?:found_member\.role|role_before)\);/

/** Of the last owner, the seats, the ranks and the permissions of members. */
export const memberGuards: readonly Guard[] = [
  {
    name: 'counts: the trigger that keeps them',
    sql: 'alter table partywall.organizations disable trigger keep_member_counts',
  },
  {
    name: 'counts: the last owner',
    functions: [['keep_member_counts', 'new.owner_count = 0 and old.owner_count > 0', 'false']],
  },
  {
    name: 'counts: the seats',
    functions: [['keep_member_counts', 'new.member_count > new.seat_limit', 'false']],
  },
  {
    name: 'counts: not written by hand',
    functions: [['keep_member_counts', 'pg_trigger_depth() < 2', 'false']],
  },
  {
    name: 'counts: nothing at the beginning',
    functions: [['keep_member_counts', 'new.owner_count := 0;', '']],
  },
  ...['added', 'changed', 'removed'].map((what) => ({
    name: `counts: of members who are ${what}`,
    sql: `alter table partywall.memberships disable trigger count_${what}_members`,
  })),
  {
    name: 'counts: on the newest version of the row',
    functions: [
      [
        'count_members',
        /owner_count = o\.owner_count [-+] (?:coalesce\(change\.owners, 0\)|change\.owners)/g,
        `owner_count = (select count(*) from partywall.memberships m
           where m.organization_id = o.id and m.role = 'owner' and m.status = 'active')`,
      ],
    ],
  },
  {
    name: 'acting: the lock of the organization',
    functions: [['lock_organization', 'where o.id = tenant for no key update;', 'where o.id = tenant;']],
  },
  { name: 'acting: the lock of the member', functions: [['lock_organization', memberLock, 'for share of r;']] },
  { name: 'acting: the lock of the role', functions: [['lock_organization', memberLock, 'for no key update of m;']] },
  { name: 'acting: an active organization', functions: [['lock_organization', "state <> 'active'", 'false']] },
  { name: 'acting: an active member', functions: [['lock_organization', " or acting.status <> 'active'", '']] },
  {
    name: 'acting: the permission',
    functions: [['lock_organization', 'not partywall.permits(acting.permissions, permission)', 'false']],
  },
  {
    name: 'acting: a rule that takes away',
    functions: [['permits', "left(rule, 1) <> '!'", 'true']],
  },
  {
    name: 'acting: noted for events',
    functions: [['lock_organization', "coalesce(acting_user, '')", "''"]],
  },
  {
    name: 'acting: somebody at all',
    functions: [['require_acting_user', "acting_user is null or acting_user = ''", 'false']],
  },
  {
    name: 'rank: of who is below',
    functions: [['assert_outranks', 'acting_rank <= other_rank and acting_rank < 100', 'false']],
  },
  {
    name: 'rank: of an equal',
    functions: [['assert_outranks', 'acting_rank <= other_rank', 'acting_rank < other_rank']],
  },
  { name: 'rank: of a role that is there', functions: [['assert_outranks', 'other_rank is null', 'false']] },
  { name: 'rank: the lock of the role', functions: [['assert_outranks', 'other_role for share;', 'other_role;']] },
  {
    name: 'added: a rank, and a role that is there',
    functions: [
      [
        'add_member',
        /perform partywall\.assert_outranks\(\s*(partywall\.lock_organization\([^)]*\)), new_role\);/,
        'perform $1;',
      ],
    ],
  },
  { name: 'changed: the lock of the member', functions: [['change_member', targetLock, '$1;']] },
  { name: 'changed: the rank of the member', functions: [['change_member', targetRank, '']] },
  {
    name: 'changed: the rank of the new role',
    functions: [['change_member', 'perform partywall.assert_outranks(acting_rank, new_role);', 'null;']],
  },
  {
    name: 'changed: not who is pending',
    functions: [['change_member', "found_member.status = 'pending' or ", '']],
  },
  {
    name: 'changed: to a status that is one of two',
    functions: [['change_member', " or new_status not in ('active', 'suspended')", '']],
  },
  {
    name: 'changed: in its organization alone',
    functions: [
      [
        'change_member',
        /(updated_at = now\(\)\s*where )m\.organization_id = tenant and (m\.user_id = changed_user)/,
        '$1$2',
      ],
    ],
  },
  { name: 'removed: the lock of the member', functions: [['drop_member', targetLock, '$1;']] },
  { name: 'removed: the rank of the member', functions: [['drop_member', targetRank, '']] },
  {
    name: 'left: the lock of the organization',
    functions: [['leave_organization', ' for no key update;', ';']],
  },
  {
    name: 'left: not while suspended',
    functions: [['leave_organization', " and m.status <> 'suspended'", '']],
  },
  { name: 'transferred: the lock of the new owner', functions: [['transfer_ownership', ' for no key update;', ';']] },
  {
    name: 'transferred: by an owner',
    functions: [['transfer_ownership', "perform partywall.assert_outranks(acting_rank, 'owner');", '']],
  },
  {
    name: 'transferred: for a role that is there',
    functions: [['transfer_ownership', 'perform partywall.assert_outranks(acting_rank, former_role);', '']],
  },
  {
    name: 'transferred: to an active member',
    functions: [['transfer_ownership', " and m.status = 'active'", '']],
  },
  { name: 'transferred: to another', functions: [['transfer_ownership', ' and m.user_id <> acting_user', '']] },
  {
    name: 'renamed: the version',
    functions: [['update_organization', 'expected_version is null or o.version = expected_version', 'true']],
  },
  {
    name: 'restored: what is deleted',
    functions: [['restore_organization', " and o.status = 'deleted'", '']],
  },
  { name: 'restored: in time', functions: [['restore_organization', ' and o.purge_at > now()', '']] },
  {
    name: 'restored: nothing is told to who is no member',
    functions: [['restore_organization', /if not found then\s*raise exception 'who acts[^;]*;\s*end if;/, '']],
  },
  {
    name: 'restored: by who may',
    functions: [['restore_organization', /perform partywall\.lock_organization\(.*?\);/s, '']],
  },
  {
    name: 'restored: who acts is noted',
    functions: [['restore_organization', /perform set_config\([^;]*;/, '']],
  },
]
