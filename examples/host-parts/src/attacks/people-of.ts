import type { AttackedOrganization, Credentials } from '@partywall/testing/http-attacks'
import { createTokenIssuer, type TokenIssuer, type TokenIssuerOptions } from '../token-issuer.ts'

/** Where an organization is made ready for the attacks. */
export interface AttackedHost {
  readonly origin: string
  /** Whose tokens the host takes. */
  readonly issuer: TokenIssuer
  /** In the tokens of the host. */
  readonly names: TokenIssuerOptions
  /** Runs SQL as somebody who writes the control plane. */
  readonly admin: (sql: string, values: readonly unknown[]) => Promise<readonly object[]>
  /** Makes a user of the service. */
  readonly signUp: (user: { readonly id: string; readonly email: string }) => Promise<unknown>
}

type Named = Pick<AttackedOrganization, 'id' | 'slug' | 'marker' | 'idFor'>

const roles = { owner: 'owner', viewer: 'viewer', suspended: 'member', pending: 'member' } as const

/** Gives an organization people who are in no other, and programs. */
export async function peopleOf(host: AttackedHost, named: Named): Promise<AttackedOrganization> {
  const { id, slug } = named
  const bearer = async (name: keyof typeof roles): Promise<Credentials> =>
    as(await host.issuer.issue(`${slug}-${name}`))
  for (const [name, role] of Object.entries(roles)) {
    const user = `${slug}-${name}`
    await host.signUp({ id: user, email: `${user}@example.test` })
    const status = name === 'owner' || name === 'viewer' ? 'active' : name
    const sql = 'insert into partywall.memberships (organization_id, user_id, role, status) values ($1, $2, $3, $4)'
    await host.admin(sql, [id, user, role, status])
  }
  const owner = await bearer('owner')
  const [key, powerlessKey, revoked] = [
    await createKey(host, { owner, slug, permissions: ['*:*'] }),
    await createKey(host, { owner, slug, permissions: ['nothing:read'] }),
    await createKey(host, { owner, slug, permissions: ['*:*'] }),
  ]
  await host.admin('update partywall.api_keys set revoked_at = now() where id = $1', [revoked.id])
  return {
    ...named,
    callers: {
      owner,
      viewer: await bearer('viewer'),
      suspended: { suspended: await bearer('suspended'), pending: await bearer('pending') },
      key: as(key.text),
      powerlessKey: as(powerlessKey.text),
    },
    impostors: {
      token: await falseTokens(host, `${slug}-owner`),
      key: { revoked: as(revoked.text), changed: as(key.text.slice(0, -1) + (key.text.endsWith('A') ? 'B' : 'A')) },
    },
  }
}

function as(token: string): Credentials {
  return { authorization: `Bearer ${token}` }
}

async function falseTokens(
  { issuer, names }: AttackedHost,
  userId: string,
): Promise<Readonly<Record<string, Credentials>>> {
  const genuine = await issuer.issue(userId)
  const stranger = await createTokenIssuer(names)
  const [head, claims] = genuine.split('.')
  return {
    expired: as(await issuer.issue(userId, { expiresIn: '-1 minute' })),
    'signed by others': as(await stranger.issue(userId)),
    'without a signature': as(`${head}.${claims}.`),
    'of no algorithm': as(`${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`),
    'a user id': as(userId),
  }
}

async function createKey(
  { origin }: AttackedHost,
  { owner, slug, permissions }: { readonly owner: Credentials; readonly slug: string; readonly permissions: string[] },
): Promise<{ readonly id: string; readonly text: string }> {
  const response = await fetch(`${origin}/v1/organization/api-keys`, {
    method: 'POST',
    headers: { ...owner, 'x-organization': slug, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'CI', permissions }),
  })
  if (response.status !== 201) throw new Error(`The key was not made: ${response.status} ${await response.text()}`)
  return (await response.json()) as { id: string; text: string }
}
