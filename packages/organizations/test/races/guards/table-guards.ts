import type { Guard } from './guard.ts'

const walled = ['organizations', 'memberships', 'invitations', 'api_keys', 'organization_settings']

const constraints: readonly Guard[] = [
  { name: 'keys: a member once', sql: 'alter table partywall.memberships drop constraint memberships_pkey' },
  { name: 'keys: a role once', sql: 'alter table partywall.roles drop constraint roles_pkey cascade' },
  { name: 'keys: a slug once', sql: 'alter table partywall.organizations drop constraint organizations_slug_key' },
  { name: 'keys: one default organization', sql: 'drop index partywall.organizations_default_key' },
  {
    name: 'keys: a token once',
    sql: 'alter table partywall.invitation_tokens drop constraint invitation_tokens_pkey',
  },
  { name: 'keys: a key once', sql: 'alter table partywall.api_keys drop constraint api_keys_pkey cascade' },
  { name: 'keys: a secret once', sql: 'alter table partywall.api_key_secrets drop constraint api_key_secrets_pkey' },
  {
    name: 'keys: a role that is held stays',
    sql: 'alter table partywall.memberships drop constraint memberships_role_fkey',
  },
  {
    name: 'keys: members go with their organization',
    sql: 'alter table partywall.memberships drop constraint memberships_organization_id_fkey',
  },
  {
    name: 'checks: the rank of owners is theirs',
    sql: 'alter table partywall.roles drop constraint roles_rank_check',
  },
  { name: 'checks: owners may do everything', sql: 'alter table partywall.roles drop constraint roles_owner_check' },
  {
    name: 'checks: a status of members',
    sql: 'alter table partywall.memberships drop constraint memberships_status_check',
  },
  {
    name: 'checks: a status of organizations',
    sql: 'alter table partywall.organizations drop constraint organizations_status_check',
  },
  { name: 'triggers: no TRUNCATE', sql: 'alter table partywall.memberships disable trigger refuse_uncounted' },
  {
    name: 'triggers: no second organization before contract',
    sql: 'alter table partywall.organizations disable trigger refuse_early_organization',
  },
]

/** Stands in statements for the role of the application. */
export const appRole = ':app'

/** Of tables: policies, grants, keys and triggers, whoever writes. */
export function tableGuards(): readonly Guard[] {
  const grant = (what: string): string => `grant ${what} to ${appRole}`
  return [
    ...walled.map((table) => ({
      name: `wall: the policy of ${table}`,
      sql: `drop policy tenant_isolation on partywall.${table}`,
    })),
    ...walled.map((table) => ({
      name: `wall: row-level security of ${table}`,
      sql: `alter table partywall.${table} disable row level security`,
    })),
    ...['memberships', 'organizations', 'invitations', 'api_keys', 'roles'].map((table) => ({
      name: `grants: ${table} are not written`,
      sql: grant(`insert, update, delete on partywall.${table}`),
    })),
    ...['invitation_tokens', 'api_key_secrets', 'outbox', 'outbox_streams'].map((table) => ({
      name: `grants: ${table} are not read`,
      sql: `alter table partywall.${table} disable row level security; ${grant(`select on partywall.${table}`)}`,
    })),
    ...[
      'lock_organization(text, text, text)',
      'add_member(text, text, text, text)',
      'change_member(text, text, text, text, text)',
      'drop_member(text, text, text)',
      'add_invitation(text, text, text, text, bytea, integer)',
      'lock_api_key(text, text, text)',
      'append_events(uuid[], text[], jsonb[], jsonb)',
    ].map((signature) => ({
      name: `grants: ${signature.replace(/\(.*/, '')} is not called`,
      sql: `alter function partywall.${signature} security definer; ${grant(`execute on function partywall.${signature}`)}`,
    })),
    ...constraints,
  ]
}
