import type { AttackedOrganization, Credentials, Place } from '@partywall/testing/http-attacks'
import { asBearer, asUser } from './attack-client.ts'
import type { Cast } from './cast.ts'
import { sessionToken } from './session-token.ts'
import { domainOf } from './stage.ts'

/** What an id is one of: by its property, or by the step of the path in front of it. */
export function kindOf({ in: where, name, route }: Place): string | undefined {
  if (where === 'body') return name === 'userId' ? 'members' : name === 'token' ? 'token' : undefined
  if (where === 'query') return undefined
  const steps = route.path.split('/')
  return steps[steps.indexOf(`{${name}}`) - 1]
}

/** Ids that nothing has. */
export function idOfNothing(place: Place): string {
  const kind = kindOf(place)
  if (kind === 'members') return 'nobody-at-all'
  if (kind === 'domains') return 'no-such-domain.test'
  if (kind === 'invitations' || kind === 'organizations') return '00000000-0000-4000-8000-000000000000'
  return kind === 'api-keys' ? '0000000000000000' : 'no-token-at-all'
}

/** A cast as the attacks see it. */
export function organizationOf(cast: Cast): AttackedOrganization {
  const { id, slug, marker, people, keys } = cast
  const ids: Readonly<Record<string, string>> = {
    members: people.member,
    invitations: cast.invitation.id,
    'api-keys': keys.id,
    domains: domainOf(marker),
    organizations: id,
    token: cast.invitation.token,
  }
  return {
    id,
    slug,
    marker,
    callers: {
      owner: asUser(people.owner),
      deputy: asUser(people.deputy),
      viewer: asUser(people.viewer),
      member: asUser(people.member),
      powerless: asUser(people.powerless),
      suspended: { suspended: asUser(people.suspended), pending: asUser(people.pending) },
      invitee: asUser(people.invitee),
      key: asBearer(keys.full),
      powerlessKey: asBearer(keys.powerless),
    },
    impostors: { session: sessionsOf(cast), key: deadKeysOf(cast) },
    idFor: (place) => ids[kindOf(place) ?? ''],
  }
}

type Callers = Readonly<Record<string, Credentials>>

function sessionsOf({ people: { owner } }: Cast): Callers {
  const genuine = sessionToken(owner)
  const other = sessionToken('stranger')
  return {
    expired: asBearer(sessionToken(owner, { expired: true })),
    'other key': asBearer(sessionToken(owner, { key: 'another key' })),
    'other signature': asBearer(`${genuine.split('.')[0]}.${other.split('.')[1]}`),
    'no signature': asBearer(`${genuine.split('.')[0]}.`),
    'bare user': asBearer(owner),
    'no scheme': { authorization: genuine },
    'x-user': {
      'x-user': owner,
      'x-user-id': owner,
      'x-forwarded-user': owner,
      'x-actor': owner,
      cookie: `user=${owner}; session=${owner}`,
    },
    nothing: {},
  }
}

function deadKeysOf({ keys }: Cast): Callers {
  const { revoked, gone, expired, stale, orphaned, full } = keys
  const changed = full.slice(0, -1) + (full.endsWith('A') ? 'B' : 'A')
  return {
    revoked: asBearer(revoked),
    gone: asBearer(gone),
    expired: asBearer(expired),
    stale: asBearer(stale),
    orphaned: asBearer(orphaned),
    changed: asBearer(changed),
    id: asBearer(`pwk_${keys.id}`),
  }
}
