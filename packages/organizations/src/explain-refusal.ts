import { TenancyError, isTenancyError, sqlStateOf } from '@partywall/tenancy-core'

/** What the caller asked for, for messages. Never anything but what the caller passed. */
export type Asked = Readonly<Record<string, unknown>>

interface Refusal {
  readonly code: string
  readonly message: string
}

const upgrade = 'Run: partywall install'

/** The functions of the control plane raise SQLSTATEs of class PW; PostgreSQL raises the others. */
const refusals: ReadonlyMap<string, Refusal> = new Map<string, Refusal>([
  [
    'PW001',
    {
      code: 'ORGANIZATION_TOO_EARLY',
      message:
        'Nothing was created: until contract is done, rows of a second organization would collide with those of the first. ' +
        'Run: partywall apply --to contract',
    },
  ],
  [
    'PW002',
    {
      code: 'LAST_OWNER',
      message: 'An organization keeps an active owner, and this one has no other. Make another member an owner first.',
    },
  ],
  [
    'PW003',
    {
      code: 'SEATS_EXHAUSTED',
      message: 'The seats do not suffice. Raise the seat limit, or suspend or remove a member.',
    },
  ],
  ['PW004', { code: 'MEMBER_UNKNOWN', message: 'There is no such member in the organization. Look at members().' }],
  [
    'PW005',
    {
      code: 'RANK_TOO_LOW',
      message: 'Nobody changes, removes or grants what does not stand below their own role. Ask an owner.',
    },
  ],
  ['PW006', { code: 'ORGANIZATION_UNKNOWN', message: 'There is no such organization. Pass the id of one.' }],
  ['PW007', { code: 'ACTOR_NOT_MEMBER', message: 'Who acts is no active member of the organization. Ask one who is.' }],
  ['PW008', { code: 'ORGANIZATION_SUSPENDED', message: 'The organization is suspended or deleted. Ask support.' }],
  ['PW009', { code: 'PERMISSION_DENIED', message: 'The role of who acts does not include that. Ask an owner.' }],
  ['PW011', { code: 'ROLE_UNKNOWN', message: 'There is no such role. Define it with defineRole().' }],
  ['PW012', { code: 'MEMBER_EXISTS', message: 'The user is a member of the organization already.' }],
  [
    'PW013',
    { code: 'MEMBER_PENDING', message: 'Who has not agreed to be a member is neither suspended nor reactivated.' },
  ],
  [
    'PW014',
    { code: 'ORGANIZATION_CHANGED', message: 'The organization has changed since that version. Read it, then decide.' },
  ],
  ['PW015', { code: 'ORGANIZATION_SLUG_TAKEN', message: 'The slug is taken. Choose another.' }],
  [
    'PW016',
    {
      code: 'ORGANIZATION_NOT_DELETED',
      message: 'The organization is not deleted, or its time to be restored has passed.',
    },
  ],
  ['PW017', { code: 'SETTINGS_CHANGED', message: 'The settings have changed meanwhile. Read them, then decide.' }],
  ['PW018', { code: 'SETTINGS_TOO_LARGE', message: 'Settings take up to 32 KiB. Keep what is larger elsewhere.' }],
  [
    'PW019',
    {
      code: 'MEMBERSHIP_SUSPENDED',
      message: 'The membership is suspended, and ends by another member alone. Ask one to take the suspension back.',
    },
  ],
  [
    'PW031',
    {
      code: 'INVITATION_UNUSABLE',
      message: 'The invitation is unknown, used, revoked or expired. Ask for another.',
    },
  ],
  [
    'PW032',
    {
      code: 'INVITATION_OTHER_ADDRESS',
      message: 'The invitation is for another e-mail address. Sign in with the one it was sent to.',
    },
  ],
  ['PW033', { code: 'INVITATION_PENDING', message: 'The address has a pending invitation. Resend or revoke that.' }],
  ['PW034', { code: 'INVITATION_UNKNOWN', message: 'There is no such pending invitation. Look at invitations().' }],
  ['PW041', { code: 'API_KEY_UNKNOWN', message: 'There is no such API key that is not revoked. Look at apiKeys().' }],
  [
    'PW042',
    { code: 'API_KEY_EXCEEDS_ROLE', message: 'The key could do what your role does not include. Give it less.' },
  ],
  [
    'PW051',
    {
      code: 'SUBSCRIPTION_CONFLICT',
      message:
        'The subscription has another state of that moment or a later one. Read it from billing, and pass when it was read.',
    },
  ],
  [
    'PW052',
    {
      code: 'SUBSCRIPTION_INVALID',
      message: 'The state is of a time to come, and would keep out all before it. Pass the time of billing in full.',
    },
  ],
  [
    'PW053',
    {
      code: 'SEATS_SUBSCRIBED',
      message: 'The seats of the organization are those of its subscription. Change them with setSubscription().',
    },
  ],
  ['PW061', { code: 'DOMAIN_EXISTS', message: 'The organization has the domain already. Look at domains().' }],
  ['PW062', { code: 'DOMAIN_UNKNOWN', message: 'The organization does not have the domain. Look at domains().' }],
  [
    'PW063',
    {
      code: 'DOMAIN_UNPROVEN',
      message: 'The record that proves the domain was not found. Add it, wait until it is known, then ask again.',
    },
  ],
  [
    'PW064',
    {
      code: 'DOMAIN_TAKEN',
      message: 'Another organization has proved the domain, and its record is there still. Remove that first.',
    },
  ],
  [
    'PW065',
    {
      code: 'DOMAIN_ROLE_TOO_HIGH',
      message: 'Who joins by a domain stands no higher than a member. Choose another role.',
    },
  ],
  [
    'PW066',
    {
      code: 'DOMAIN_NOT_JOINABLE',
      message: 'Nobody joins the organization by an address of that domain. Ask for an invitation.',
    },
  ],
  [
    'PW067',
    { code: 'DOMAIN_ASKS_FOR_INVITATION', message: 'The organization invites who joins. Ask for an invitation.' },
  ],
  [
    'PW068',
    {
      code: 'ORGANIZATION_GITHUB_LOGIN_TAKEN',
      message: 'Another organization has the login of GitHub. Choose another, or leave it out.',
    },
  ],
  [
    '42883',
    { code: 'CONTROL_PLANE_MISSING', message: `The database lacks a function of the control plane. ${upgrade}` },
  ],
  ['42P01', { code: 'CONTROL_PLANE_MISSING', message: `The database lacks a table of the control plane. ${upgrade}` }],
  ['42703', { code: 'CONTROL_PLANE_MISSING', message: `The database lacks a column of the control plane. ${upgrade}` }],
])

/**
 * The coded error for what the database refused, whichever library ran the statement; any other error is thrown as it
 * is. `details` are what was asked for.
 */
export async function explained<T>(asked: Asked, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explain(error, asked)
  }
}

/** What {@link explained} throws. */
export function explain(error: unknown, asked: Asked): unknown {
  if (isTenancyError(error)) return error
  const state = sqlStateOf(error)
  const refusal = refusals.get(state ?? '')
  if (refusal === undefined) return error
  return new TenancyError(refusal.code, refusal.message, { details: { ...asked, sqlState: state }, cause: error })
}
