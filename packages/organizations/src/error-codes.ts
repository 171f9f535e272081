/** Every code that this package raises, with its meaning. Programs match on codes: they are added, never changed. */
export const errorCodes = {
  ACTOR_NOT_MEMBER: 'Who acts is no active member of the organization.',
  ACTOR_REQUIRED: 'The scope does not say who acts, or says it of somebody who cannot do that.',
  CONFIGURATION_INVALID: 'An option is missing, unknown or out of range.',
  LAST_OWNER: 'The last active owner of an organization would go.',
  MEMBER_EXISTS: 'The user is a member of the organization already.',
  MEMBER_INVALID: 'The user id, the role or the page of members is not usable.',
  MEMBER_PENDING: 'Who has not agreed to be a member is neither suspended nor reactivated.',
  MEMBER_UNKNOWN: 'There is no such member in the organization.',
  ORGANIZATION_CHANGED: 'The organization has changed since the version that was named.',
  ORGANIZATION_INVALID: 'The slug, the name or another part of an organization is not usable.',
  ORGANIZATION_NOT_DELETED: 'The organization is not deleted, or its time to be restored has passed.',
  ORGANIZATION_ROOT_MISSING: 'The host has its own table of organizations, and no row there was named.',
  ORGANIZATION_SLUG_TAKEN: 'Another organization has that slug.',
  ORGANIZATION_TOO_EARLY: 'A second organization was asked for before the conversion reached contract.',
  ORGANIZATION_UNKNOWN: 'There is no such organization.',
  OWNER_AMBIGUOUS: 'Several users have the e-mail address that should own the organization.',
  OWNER_UNKNOWN: 'No user has the e-mail address that should own the organization.',
  RANK_TOO_LOW: 'What is changed, removed or granted does not stand below the role of who acts.',
  ROLE_INVALID: 'The name, the rank or a permission of a role is not usable.',
  ROLE_IN_USE: 'Members have the role that should be removed.',
  ROLE_UNKNOWN: 'There is no such role.',
  SEATS_EXHAUSTED: 'The organization would have more members than seats.',
} as const

/** A code that this package raises. */
export type ErrorCode = keyof typeof errorCodes
