import { randomBytes } from 'node:crypto'
import { emailOf, powerlessRole } from './stage.ts'
import type { Stage } from './stage.ts'

/** Everybody whom an organization has to do with. */
export interface People {
  readonly owner: string
  readonly deputy: string
  readonly viewer: string
  readonly powerless: string
  readonly suspended: string
  readonly pending: string
  /** A member on whom routes may act. */
  readonly member: string
  /** A person without an organization, whom this one has invited. */
  readonly invitee: string
}

/** An organization and what belongs to it, made for the attacks on one route. */
export interface Cast {
  readonly id: string
  readonly slug: string
  /** Stands in every name of the organization that nobody outside may see. */
  readonly marker: string
  readonly people: People
  readonly invitation: { readonly id: string; readonly token: string }
  /** Tokens that are of no use any more. */
  readonly deadTokens: readonly string[]
  readonly keys: CastKeys
}

/** The texts of API keys, and the id of one of them. */
interface CastKeys {
  readonly id: string
  readonly full: string
  readonly powerless: string
  readonly revoked: string
  readonly expired: string
  /** Replaced by a rotation whose overlap is over. */
  readonly stale: string
  /** Of a member who was suspended after. */
  readonly orphaned: string
}

const anyPermission = ['*:*']

export async function createCast(stage: Stage): Promise<Cast> {
  const { organizations, tenancy, admin } = stage
  const marker = `m${randomBytes(8).toString('hex')}`
  const slug = `s${randomBytes(8).toString('hex')}`
  const person = (name: string): string => `${name}-${marker}`
  const members = {
    owner: person('owner'),
    deputy: person('deputy'),
    viewer: person('viewer'),
    powerless: person('powerless'),
    suspended: person('suspended'),
    pending: person('pending'),
    member: person('member'),
  }
  const people: People = { ...members, invitee: person('invitee') }
  const id = await insertOrganization(stage, { slug, marker, people })
  const inside = <T>(work: () => Promise<T>): Promise<T> =>
    tenancy.run({ organizationId: id, actor: { type: 'user', id: people.owner } }, work)
  const invite = async (email: string) => {
    const issued = await inside(() => organizations.invite({ email, role: 'viewer' }))
    return { id: issued.id, token: issued.token ?? '' }
  }
  const key = (permissions: readonly string[], name = `${marker} key`) =>
    inside(() => organizations.createApiKey({ name, permissions: [...permissions] }))
  const invitation = await invite(emailOf(people.invitee))
  const revokedInvitation = await invite(`revoked-${marker}@mail.test`)
  await inside(() => organizations.revokeInvitation({ id: revokedInvitation.id }))
  const expiredInvitation = await invite(`expired-${marker}@mail.test`)
  await admin(`update partywall.invitations set expires_at = now() - interval '1 hour' where id = $1`, [
    expiredInvitation.id,
  ])
  const full = await key(anyPermission)
  const revoked = await key(anyPermission)
  await inside(() => organizations.revokeApiKey({ id: revoked.id }))
  const expired = await key(anyPermission)
  await admin(`update partywall.api_keys set expires_at = now() - interval '1 second' where id = $1`, [expired.id])
  const stale = await key(anyPermission)
  await inside(() => organizations.rotateApiKey({ id: stale.id, overlapSeconds: 0 }))
  const orphaned = await key(anyPermission)
  await admin('update partywall.api_keys set granted_by = $2 where id = $1', [orphaned.id, people.suspended])
  return {
    id,
    slug,
    marker,
    people,
    invitation,
    deadTokens: [revokedInvitation.token, expiredInvitation.token],
    keys: {
      id: full.id,
      full: full.text,
      powerless: (await key(['nothing:read'])).text,
      revoked: revoked.text,
      expired: expired.text,
      stale: stale.text,
      orphaned: orphaned.text,
    },
  }
}

async function insertOrganization(
  { admin }: Stage,
  { slug, marker, people }: Pick<Cast, 'slug' | 'marker' | 'people'>,
): Promise<string> {
  const [row] = await admin<{ id: string }>(
    'insert into partywall.organizations (slug, name) values ($1, $2) returning id::text as id',
    [slug, `Organization ${marker}`],
  )
  const id = row?.id ?? ''
  await admin(
    `insert into partywall.memberships (organization_id, user_id, role, status)
     values ($1, $2, 'owner', 'active'), ($1, $3, 'owner', 'active'), ($1, $4, 'viewer', 'active'), ($1, $5, $9, 'active'),
       ($1, $6, 'member', 'suspended'), ($1, $7, 'member', 'pending'), ($1, $8, 'member', 'active')`,
    [
      id,
      people.owner,
      people.deputy,
      people.viewer,
      people.powerless,
      people.suspended,
      people.pending,
      people.member,
      powerlessRole,
    ],
  )
  return id
}
