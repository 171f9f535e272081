import { createHmac } from 'node:crypto'
import type { Tenancy } from '@partywall/tenancy-core'
import {
  claimFromApiKey,
  claimFromTrustedProxy,
  claimFromUser,
  claimFromWebhook,
  firstClaim,
  organizationFromHeader,
  organizationFromSubdomain,
} from '@partywall/tenancy-core/http'
import type { ClaimReader, ClaimRequest, Directory } from '@partywall/tenancy-core/http'

const secrets = ['the secret of the webhook', 'the secret that came before'] as const

/** What the suite sends with a delivery, by one of the secrets that are taken. */
export function signatureOf(body: string, secret: string = secrets[0]): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** Every kind of claim at once, as a host may have them. The loopback is a trusted proxy under one name, and not under the other. */
export function contractClaim(): (
  request: ClaimRequest,
  userId: string | undefined,
) => ReturnType<ClaimReader<ClaimRequest>> {
  const organization = [
    organizationFromSubdomain({ domain: 'flaky.test', neutral: ['127.0.0.1', 'localhost', 'test', 'flaky.test'] }),
    organizationFromHeader(),
  ]
  const machines = firstClaim<ClaimRequest>(
    claimFromWebhook({ path: '/hooks', secrets }),
    claimFromApiKey({ organization }),
    claimFromTrustedProxy({
      proxies: ['127.0.0.0/8', '::1'],
      user: 'x-near-user',
      organization: 'x-near-organization',
    }),
    claimFromTrustedProxy({ proxies: ['192.0.2.1'], user: 'x-far-user', organization: 'x-far-organization' }),
  )
  return (request, userId) => firstClaim(machines, claimFromUser({ user: () => userId, organization }))(request)
}

/** The installation 42 is that of `acme`, by the rows of the moment; nobody has another. */
export function installationsOf(tenancy: Tenancy): NonNullable<Directory['findInstallation']> {
  const sql = `select id::text as "organizationId", slug, status as "organizationStatus"
    from partywall.organizations where slug = $1`
  return async (installationId) => {
    const { rows } = await tenancy.operator(
      { reason: 'look an installation up', actor: { type: 'system', id: 'test' } },
      (pool) => pool.query(sql, [installationId === '42' ? 'acme' : 'nowhere']),
    )
    return rows[0] as Awaited<ReturnType<NonNullable<Directory['findInstallation']>>>
  }
}
