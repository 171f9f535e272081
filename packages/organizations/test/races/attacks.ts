import type { Names } from './names.ts'

/** One statement, or some, that must not do what they are for. */
export interface Attack {
  readonly name: string
  readonly as: 'app' | 'operator' | 'admin'
  readonly sql: string
  /** The SQLSTATE of its refusal, or how many rows the last statement gives. */
  readonly expect: string | number
  /** Whether no tenant is in scope. */
  readonly unscoped?: boolean
}

/** Two organizations, which look the same, and the invitation that each has. */
export interface Targets {
  readonly own: Names
  readonly other: Names
  readonly ownInvitation: string
  readonly otherInvitation: string
}

/** What the application, the operator and the owner try alone, with no race: each in a transaction that is rolled back. */
export function attacksOn(targets: Targets): readonly Attack[] {
  return [
    ...writesOfTheApplication(targets),
    ...readsOfTheApplication(targets),
    ...callsOfTheApplication(),
    ...callsForNobody(targets),
    ...callsForOthers(targets),
    ...callsWithWhatIsTaken(targets),
    ...callsAfterWritesByHand(targets),
    ...callsForRoles(targets),
    ...writesByHand(targets),
    ...rowsTwice(targets),
  ]
}

function writesOfTheApplication({ own }: Targets): readonly Attack[] {
  const id = `'${own.organizationId}'`
  const statements = [
    `insert into partywall.memberships (organization_id, user_id, role) values (${id}, 'x9', 'owner')`,
    `update partywall.memberships set role = 'owner'`,
    'delete from partywall.memberships',
    'truncate partywall.memberships',
    `insert into partywall.organizations (slug, name) values ('new', 'New')`,
    'update partywall.organizations set seat_limit = 1000',
    'delete from partywall.organizations',
    `insert into partywall.roles (name, rank, permissions) values ('mine', 99, '{*:*}')`,
    `update partywall.roles set permissions = '{*:*}' where name = 'viewer'`,
    `delete from partywall.roles where name = 'viewer'`,
    `insert into partywall.invitations (organization_id, email, role, expires_at) values (${id}, 'z@example.com', 'owner', now())`,
    `update partywall.invitations set role = 'owner'`,
    'delete from partywall.invitations',
    `update partywall.api_keys set permissions = '{*:*}'`,
    `insert into partywall.api_keys (id, organization_id, name, permissions, granted_by) values ('aaaaaaaaaaaaaaaa', ${id}, 'key', '{*:*}', 'u0')`,
    'delete from partywall.api_keys',
    'select from partywall.invitation_tokens',
    'select from partywall.api_key_secrets',
    'select from partywall.outbox',
    'select from partywall.outbox_streams',
  ]
  return statements.map((sql) => ({ name: `application: ${sql.slice(0, 60)}`, as: 'app', sql, expect: '42501' }))
}

function readsOfTheApplication({ own }: Targets): readonly Attack[] {
  const tables = ['organizations', 'memberships', 'invitations', 'api_keys', 'organization_settings']
  return tables.flatMap((table): readonly Attack[] => {
    const column = table === 'organizations' ? 'id' : 'organization_id'
    const sql = `select from partywall.${table} where ${column} <> '${own.organizationId}'`
    return [
      { name: `application: reads ${table} of others`, as: 'app', sql, expect: 0 },
      {
        name: `application: reads ${table} without a tenant`,
        as: 'app',
        sql: `select from partywall.${table}`,
        expect: '42501',
        unscoped: true,
      },
    ]
  })
}

/** Functions below those of the application, and events that are not its own. */
function callsOfTheApplication(): readonly Attack[] {
  const tenant = 'partywall.require_tenant_id()'
  const calls = [
    `partywall.lock_organization(${tenant}::text, null, 'x:y')`,
    `partywall.add_member(${tenant}::text, null, 'x9', 'owner')`,
    `partywall.change_member(${tenant}::text, null, 'u1', 'owner', null)`,
    `partywall.drop_member(${tenant}::text, null, 'u1')`,
    `partywall.add_invitation(${tenant}::text, null, 'z@example.com', 'owner', sha256('z'), 60)`,
    `partywall.lock_api_key('u0', 'aaaaaaaaaaaaaaaa', 'x:y')`,
    `partywall.append_events(array[${tenant}], '{member.added}', array['{}'::jsonb], null)`,
  ]
  return [
    ...calls.map((call): Attack => {
      return { name: `application: calls ${call.slice(0, 40)}`, as: 'app', sql: `select ${call}`, expect: '42501' }
    }),
    {
      name: 'application: tells what the control plane tells',
      as: 'app',
      sql: `select partywall.append_event('member.added', '{}', null)`,
      expect: 'PW030',
    },
  ]
}

/** A call that names nobody would be one of the operator. */
function callsForNobody({ own, ownInvitation }: Targets): readonly Attack[] {
  const key = own.keyId(0)
  const calls = (user: string): readonly string[] => [
    `change_member_role(${user}, 'u1', 'owner')`,
    `change_member_status(${user}, 'u1', 'suspended')`,
    `remove_member(${user}, 'u1')`,
    `transfer_ownership(${user}, 'u1', 'viewer')`,
    `update_organization(${user}, '{}', null)`,
    `delete_organization(${user}, 60)`,
    `restore_organization(${user})`,
    `invite_member(${user}, 'z@example.com', 'owner', sha256('z'), 60)`,
    `resend_invitation(${user}, '${ownInvitation}', sha256('z'), 60)`,
    `revoke_invitation(${user}, '${ownInvitation}')`,
    `create_api_key(${user}, 'aaaaaaaaaaaaaaaa', 'key', '{*:*}', sha256('z'), null)`,
    `rotate_api_key(${user}, '${key}', sha256('z'), 0, null)`,
    `revoke_api_key(${user}, '${key}')`,
    `accept_invitation(${bytes(own.tokenDigest(0))}, ${user}, null)`,
  ]
  return ['null', `''`].flatMap((user) =>
    calls(user).map((call): Attack => {
      return { name: `for nobody: ${call.slice(0, 40)}`, as: 'app', sql: `select partywall.${call}`, expect: 'PW007' }
    }),
  )
}

/** What another organization has, by a name that is right. */
function callsForOthers({ other, otherInvitation }: Targets): readonly Attack[] {
  const calls = [
    [`resend_invitation('u0', '${otherInvitation}', sha256('z'), 60)`, 'PW034'],
    [`revoke_invitation('u0', '${otherInvitation}')`, 'PW034'],
    [`rotate_api_key('u0', '${other.keyId(0)}', sha256('z'), 0, null)`, 'PW041'],
    [`revoke_api_key('u0', '${other.keyId(0)}')`, 'PW041'],
    [`change_member_role('u0', 'x1', 'viewer')`, 'PW004'],
    [`change_member_status('u0', 'x1', 'suspended')`, 'PW004'],
    [`remove_member('u0', 'x1')`, 'PW004'],
    [`transfer_ownership('u0', 'x1', 'viewer')`, 'PW004'],
    [`leave_organization('x1')`, 'PW004'],
  ] as const
  return calls.map(([call, expect]) => {
    return { name: `of another: ${call.slice(0, 40)}`, as: 'app', sql: `select partywall.${call}`, expect }
  })
}

function callsWithWhatIsTaken({ other }: Targets): readonly Attack[] {
  const token = bytes(other.tokenDigest(0))
  const secret = bytes(other.secretDigest(0))
  const calls = [
    [`invite_member('u0', 'z@example.com', 'viewer', ${token}, 60)`, '23505'],
    [`create_api_key('u0', '${other.keyId(0)}', 'key', '{*:*}', sha256('z'), null)`, '23505'],
    [`create_api_key('u0', 'aaaaaaaaaaaaaaaa', 'key', '{*:*}', ${secret}, null)`, '23505'],
    [`update_organization('u0', '{"slug": "race-${other.number}"}', null)`, 'PW015'],
  ] as const
  return [
    ...calls.map(([call, expect]): Attack => {
      return { name: `taken: ${call.slice(0, 40)}`, as: 'app', sql: `select partywall.${call}`, expect }
    }),
    ...['find_api_key($1)', 'find_api_keys(array[$1])'].map((call): Attack => {
      const used = call.replace('$1', secret)
      const sql = `update partywall.api_key_secrets set expires_at = now() - interval '1 second' where digest = ${secret}; select from partywall.${used}`
      return { name: `expired: ${call}`, as: 'admin', sql, expect: 0 }
    }),
  ]
}

/** What somebody ended by hand is over, though a token or a secret of it was left. */
function callsAfterWritesByHand({ own, ownInvitation }: Targets): readonly Attack[] {
  const [token, secret] = [bytes(own.tokenDigest(0)), bytes(own.secretDigest(0))]
  const revoked = `update partywall.invitations set status = 'revoked' where id = '${ownInvitation}'`
  const ended = `update partywall.api_keys set revoked_at = now() where id = '${own.keyId(0)}'`
  const key = `partywall.api_keys where id = '${own.keyId(0)}'`
  const renamed = `update partywall.memberships set user_id = 'x9' where (organization_id, user_id) =
      (select organization_id, granted_by from ${key});
    insert into partywall.memberships (organization_id, user_id, role) select organization_id, granted_by, 'owner' from ${key}`
  const due = `update partywall.organizations set status = 'suspended', purge_at = now() + interval '1 hour'
    where id = '${own.organizationId}'`
  const calls = [
    ['accept_invitation', revoked, `partywall.accept_invitation(${token}, 'x9', null)`, 'PW031'],
    ['find_invitation', revoked, `from partywall.find_invitation(${token})`, 0],
    ['find_api_key', ended, `from partywall.find_api_key(${secret})`, 0],
    ['find_api_key of another user', renamed, `from partywall.find_api_key(${secret})`, 0],
    ['find_api_keys', ended, `from partywall.find_api_keys(array[${secret}])`, 0],
    ['restore_organization', due, `partywall.restore_organization('u0')`, 'PW016'],
  ] as const
  return calls.map(([name, change, call, expect]) => {
    return { name: `after a write by hand: ${name}`, as: 'operator', sql: `${change}; select ${call}`, expect }
  })
}

/** Roles that are not there, and one above the rank of a member for whom the operator acts. */
function callsForRoles({ own }: Targets): readonly Attack[] {
  const id = `'${own.organizationId}'`
  const promoted = `update partywall.memberships set role = 'admin' where organization_id = ${id} and user_id = 'u1'`
  const calls = [
    ['app', `select partywall.transfer_ownership('u0', 'u1', 'nobody')`, 'PW011'],
    ['operator', `select partywall.add_member(${id}, null, 'x9', 'nobody')`, 'PW011'],
    ['operator', `${promoted}; select partywall.add_member(${id}, 'u1', 'x9', 'owner')`, 'PW005'],
  ] as const
  return calls.map(([as, sql, expect]) => ({ name: `for a role: ${sql.slice(0, 60)}`, as, sql, expect }))
}

/** What there is once, whoever writes it. */
function rowsTwice({ own, ownInvitation }: Targets): readonly Attack[] {
  const events = `from partywall.outbox where organization_id = '${own.organizationId}' limit 1`
  const rows = {
    'a token of an invitation': `insert into partywall.invitation_tokens (digest, invitation_id) values (sha256('second'), '${ownInvitation}')`,
    'a position of the outbox': `insert into partywall.outbox (organization_id, position, type, payload)
      select organization_id, position, type, payload ${events}`,
    'an id of the outbox': `insert into partywall.outbox (organization_id, position, id, type, payload)
      select organization_id, position + 1000, id, type, payload ${events}`,
  }
  return Object.entries(rows).map(([what, sql]) => {
    return { name: `by hand, twice: ${what}`, as: 'operator', sql, expect: '23505' }
  })
}

function writesByHand({ own }: Targets): readonly Attack[] {
  const id = `'${own.organizationId}'`
  const events = `select from partywall.outbox where payload ->> 'slug' = 'gone'`
  const attacks = [
    ['operator', `update partywall.organizations set owner_count = 9 where id = ${id}`, 'PW010'],
    ['operator', `update partywall.organizations set member_count = 0 where id = ${id}`, 'PW010'],
    [
      'operator',
      `insert into partywall.organizations (slug, name, owner_count) values ('counted', 'Counted', 7);
       select from partywall.organizations where slug = 'counted' and owner_count <> 0`,
      0,
    ],
    ['operator', `insert into partywall.roles (name, rank, permissions) values ('king', 100, '{*:*}')`, '23514'],
    ['operator', `update partywall.roles set permissions = '{*:read}' where name = 'owner'`, '23514'],
    ['operator', `update partywall.memberships set role = 'nobody' where organization_id = ${id}`, '23503'],
    [
      'operator',
      `update partywall.memberships set status = 'king' where organization_id = ${id} and user_id = 'u2'`,
      '23514',
    ],
    ['operator', `update partywall.organizations set status = 'gone' where id = ${id}`, '23514'],
    [
      'operator',
      `insert into partywall.memberships (organization_id, user_id, role) values (${id}, 'u0', 'owner')`,
      '23505',
    ],
    [
      'operator',
      `insert into partywall.organizations (slug, name, is_default) values ('default-too', 'Default', true)`,
      '23505',
    ],
    [
      'operator',
      `insert into partywall.organizations (slug, name) values ('gone', 'Gone');
       delete from partywall.organizations where slug = 'gone'; ${events}`,
      2,
    ],
    [
      'operator',
      `delete from partywall.organizations where id = ${id};
       select from partywall.memberships where organization_id = ${id}`,
      0,
    ],
    ['admin', 'truncate partywall.memberships', 'PW010'],
    ['admin', 'truncate partywall.organizations cascade', 'PW010'],
    [
      'admin',
      `update partywall.conversion set phase = 'expand';
       insert into partywall.organizations (slug, name) values ('early', 'Early')`,
      'PW001',
    ],
  ] as const
  return attacks.map(([as, sql, expect]) => ({ name: `by hand: ${sql.slice(0, 60)}`, as, sql, expect }))
}

function bytes(digest: Buffer): string {
  return `'\\x${digest.toString('hex')}'::bytea`
}
