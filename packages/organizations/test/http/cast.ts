import { randomBytes } from 'node:crypto'
import { domainOf, emailOf, powerlessRole } from './stage.ts'
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
  readonly gone: string
  readonly expired: string
  /** Replaced by a rotation, and the time in which both are taken is over. */
  readonly stale: string
  /** Of a member who was suspended after. */
  readonly orphaned: string
}

const anyPermission = ['*:*']

export async function createCast(stage: Stage): Promise<Cast> {
  const marker = `m${randomBytes(8).toString('hex')}`
  const slug = `s${randomBytes(8).toString('hex')}`
  const names = ['owner', 'deputy', 'viewer', 'powerless', 'suspended', 'pending', 'member', 'invitee'] as const
  const people = Object.fromEntries(names.map((name) => [name, `${name}-${marker}`])) as unknown as People
  const id = await insertOrganization(stage, { slug, marker, people })
  const named = { id, slug, marker, people }
  await createDomains(stage, named)
  return { ...named, ...(await createInvitations(stage, named)), keys: await createKeys(stage, named) }
}

type Named = Pick<Cast, 'id' | 'slug' | 'marker' | 'people'>

/** Runs as the owner, inside. */
function insideOf({ tenancy }: Stage, { id, people }: Named): <T>(work: () => Promise<T>) => Promise<T> {
  return (work) => tenancy.run({ organizationId: id, actor: { type: 'user', id: people.owner } }, work)
}

async function createInvitations(stage: Stage, named: Named): Promise<Pick<Cast, 'invitation' | 'deadTokens'>> {
  const { organizations, admin } = stage
  const inside = insideOf(stage, named)
  const invite = async (email: string): Promise<Cast['invitation']> => {
    const issued = await inside(() => organizations.invite({ email, role: 'viewer' }))
    return { id: issued.id, token: issued.token ?? '' }
  }
  const invitation = await invite(emailOf(named.people.invitee))
  const revoked = await invite(`revoked-${named.marker}@mail.test`)
  await inside(() => organizations.revokeInvitation({ id: revoked.id }))
  const expired = await invite(`expired-${named.marker}@mail.test`)
  await admin(`update partywall.invitations set expires_at = now() - interval '1 hour' where id = $1`, [expired.id])
  return { invitation, deadTokens: [revoked.token, expired.token] }
}

/** One that lets the invitee join, and another, so that there are two pages. */
async function createDomains({ admin }: Stage, { id, marker }: Named): Promise<void> {
  await admin(
    `insert into partywall.domains (organization_id, domain, challenge, status, policy, role, verified_at)
     values ($1, $2, 'partywall-verification=' || $2, 'verified', 'automatic', 'viewer', now()),
       ($1, 'second-' || $2, 'partywall-verification=second-' || $2, 'pending', 'manual', 'viewer', null)`,
    [id, domainOf(marker)],
  )
}

async function createKeys(stage: Stage, named: Named): Promise<CastKeys> {
  const { organizations, admin } = stage
  const inside = insideOf(stage, named)
  const key = (permissions: readonly string[] = anyPermission): Promise<{ id: string; text: string }> =>
    inside(() => organizations.createApiKey({ name: `${named.marker} key`, permissions: [...permissions] }))
  const past = "now() - interval '1 second'"
  const full = await key()
  const powerless = await key(['nothing:read'])
  // By one of the two things that end a key each, so that each is looked at.
  const revoked = await key()
  await admin('update partywall.api_keys set revoked_at = now() where id = $1', [revoked.id])
  const gone = await key()
  await inside(() => organizations.revokeApiKey({ id: gone.id }))
  const expired = await key()
  await admin(`update partywall.api_keys set expires_at = ${past} where id = $1`, [expired.id])
  const stale = await key()
  await inside(() => organizations.rotateApiKey({ id: stale.id }))
  await admin(
    `update partywall.api_key_secrets set expires_at = ${past} where key_id = $1 and expires_at is not null`,
    [stale.id],
  )
  const orphaned = await key()
  await admin('update partywall.api_keys set granted_by = $2 where id = $1', [orphaned.id, named.people.suspended])
  return {
    id: full.id,
    full: full.text,
    powerless: powerless.text,
    revoked: revoked.text,
    gone: gone.text,
    expired: expired.text,
    stale: stale.text,
    orphaned: orphaned.text,
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
