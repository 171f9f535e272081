import type { Guard } from './guard.ts'

/** Of the look-ups before a tenant is known that ask for many at once, and of the members. */
export const lookUpGuards: readonly Guard[] = [
  { name: 'looked up: one user', functions: [['find_member', 'm.user_id = requesting_user', 'true']] },
  { name: 'looked up: one user of many', functions: [['find_members', 'm.user_id = a.user_id and ', '']] },
  {
    name: 'looked up: in one organization',
    functions: [['find_member', '(o.slug = requested_organization or o.id::text = requested_organization)', 'true']],
  },
  {
    name: 'looked up: in one organization of many',
    functions: [['find_members', '(o.slug = a.organization or o.id::text = a.organization)', 'true']],
  },
  {
    name: 'many keys: in time',
    functions: [['find_api_keys', ' and coalesce(k.expires_at > now(), true)', '']],
  },
  {
    name: 'many keys: with a secret in time',
    functions: [['find_api_keys', 'coalesce(s.expires_at > now(), true)', 'true']],
  },
  {
    name: 'many keys: of an active member',
    functions: [['find_api_keys', "m.user_id = k.granted_by and m.status = 'active'", 'm.user_id = k.granted_by']],
  },
  {
    name: 'many keys: what is not revoked',
    functions: [['find_api_keys', ' and k.revoked_at is null', '']],
  },
]
