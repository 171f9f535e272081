/** Every code that this package raises, with its meaning. Programs match on codes: they are added, never changed. */
export const errorCodes = {
  CONFIGURATION_INVALID: 'An option is missing, unknown or out of range.',
  MEMBER_EXISTS: 'The user is a member of the organization already.',
  MEMBER_INVALID: 'The user id, the role or the page of members is not usable.',
  ORGANIZATION_INVALID: 'The slug, the name or the owner of a new organization is not usable.',
  ORGANIZATION_ROOT_MISSING: 'The host has its own table of organizations, and no row there was named.',
  ORGANIZATION_SLUG_TAKEN: 'Another organization has that slug.',
  ORGANIZATION_TOO_EARLY: 'A second organization was asked for before the conversion reached contract.',
  ORGANIZATION_UNKNOWN: 'There is no such organization to import members into.',
  OWNER_AMBIGUOUS: 'Several users have the e-mail address that should own the organization.',
  OWNER_UNKNOWN: 'No user has the e-mail address that should own the organization.',
} as const

/** A code that this package raises. */
export type ErrorCode = keyof typeof errorCodes
