import { fingerprintOf, type AttackedOrganization, type AttackedSite } from '@partywall/testing/http-attacks'
import type { AttackedHost } from './people-of.ts'

type Site = Pick<AttackedSite, 'origin' | 'organizations' | 'outsider' | 'fingerprint' | 'suspend'>

/** Two organizations of a host under attack, and somebody who is in neither. */
export async function siteOf(
  { origin, issuer, admin, signUp }: AttackedHost,
  organizations: { readonly victim: AttackedOrganization; readonly rival: AttackedOrganization },
): Promise<Site> {
  await signUp({ id: 'outsider', email: 'outsider@example.test' })
  return {
    origin,
    organizations: async () => organizations,
    outsider: { authorization: `Bearer ${await issuer.issue('outsider')}` },
    fingerprint: (id) => fingerprintOf(admin, id),
    suspend: async (id, isSuspended) => {
      const status = isSuspended ? 'suspended' : 'active'
      await admin('update partywall.organizations set status = $2 where id = $1', [id, status])
    },
  }
}
