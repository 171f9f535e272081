import type { FunctionMutant, PolicyMutant } from './mutant.ts'

const ofTenant = 'm.organization_id = tenant and '
const without = (find: string): FunctionMutant['edits'] => [{ find, put: '' }]

/** Every guard of the functions that routes call on ids and tokens, one at a time. */
export const functionMutants: readonly FunctionMutant[] = [
  {
    name: 'everybody is a member of everything',
    functionName: 'find_members',
    edits: [
      {
        find: 'where m.user_id = a.user_id and (o.slug = a.organization or o.id::text = a.organization)',
        put: "where m.role = 'owner' and (o.slug = a.organization or o.id::text = a.organization)",
      },
    ],
  },
  { name: 'a member of another organization is changed', functionName: 'change_member', edits: without(ofTenant) },
  { name: 'a member of another organization is removed', functionName: 'drop_member', edits: without(ofTenant) },
  {
    name: 'a member of another organization becomes the owner',
    functionName: 'transfer_ownership',
    edits: without(ofTenant),
  },
  {
    name: 'an invitation of another organization is resent',
    functionName: 'resend_invitation',
    edits: without('i.organization_id = tenant and '),
  },
  {
    name: 'an invitation of another organization is revoked',
    functionName: 'revoke_invitation',
    edits: without('i.organization_id = tenant and '),
  },
  {
    name: 'a key of another organization is rotated or revoked',
    functionName: 'lock_api_key',
    edits: without('k.organization_id = tenant and '),
  },
  { name: 'a key that was revoked is one', functionName: 'find_api_keys', edits: without('and k.revoked_at is null') },
  {
    name: 'a key that has expired is one',
    functionName: 'find_api_keys',
    edits: without('and coalesce(k.expires_at > now(), true)'),
  },
  {
    name: 'a secret that was replaced is one',
    functionName: 'find_api_keys',
    edits: without('coalesce(s.expires_at > now(), true) and '),
  },
  {
    name: 'the key of a suspended member is one',
    functionName: 'find_api_keys',
    edits: without(" and m.status = 'active'"),
  },
  {
    name: 'an expired invitation is shown',
    functionName: 'find_invitation',
    edits: without('and i.expires_at > clock_timestamp() '),
  },
  {
    name: 'an expired invitation is accepted',
    functionName: 'accept_invitation',
    edits: without('and i.expires_at > clock_timestamp() '),
  },
  {
    name: 'an invitation to another address is accepted',
    functionName: 'accept_invitation',
    edits: [
      {
        find: 'if accepting_address is not null and accepting_address <> invited.email then',
        put: 'if accepting_address = $x$nobody$x$ then',
      },
    ],
  },
]

/** The tables that routes list, each without its policy. */
export const policyMutants: readonly PolicyMutant[] = ['memberships', 'invitations', 'api_keys'].map((table) => ({
  name: `${table} of every organization are read`,
  table,
}))
