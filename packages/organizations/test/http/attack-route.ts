import { attackRoute as attack, fingerprintOf } from '@partywall/testing/http-attacks'
import type { AttackedOrganization, AttackedSite, RouteReport } from '@partywall/testing/http-attacks'
import type { Route } from '@partywall/tenancy-core/http'
import { asUser } from './attack-client.ts'
import { idOfNothing, organizationOf } from './attacked-organization.ts'
import { changeAttacks } from './attacks/changes.ts'
import { tokenAttacks } from './attacks/tokens.ts'
import { createCast } from './cast.ts'
import type { Cast } from './cast.ts'
import { attackedRouteOf, documentOf, valueFor } from './sample.ts'
import type { Stage } from './stage.ts'

/** Plays the attacks of everybody's suite on a route, and those that are of organizations alone, on two organizations made for it. */
export async function attackRoute(stage: Stage, origin: string, route: Route): Promise<RouteReport> {
  const [victim, rival] = [await createCast(stage), await createCast(stage)]
  return await attack(siteOf({ stage, origin, victim, rival }), attackedRouteOf(route))
}

interface Attacked {
  readonly stage: Stage
  readonly origin: string
  readonly victim: Cast
  readonly rival: Cast
}

/** The site of two organizations that were made for it. */
export function siteOf({ stage, origin, victim, rival }: Attacked): AttackedSite {
  const casts = { victim: organizationOf(victim), rival: organizationOf(rival) }
  return {
    origin,
    document: documentOf(stage.routes),
    organizations: async () => casts,
    outsider: asUser('stranger'),
    fingerprint: (id) => fingerprintOf(stage.admin, id),
    unknownId: idOfNothing,
    valueFor,
    suspend: async (id, isSuspended) => {
      const status = isSuspended ? 'suspended' : 'active'
      await stage.admin('update partywall.organizations set status = $2 where id::text = $1', [id, status])
    },
    shareOwner: (_, into) => share(stage, victim, into),
    demoteOwner: async ({ id }) => {
      const sql = `update partywall.memberships set role = 'viewer' where organization_id::text = $1 and user_id = $2`
      await stage.admin(sql, [id, victim.people.owner])
    },
    // What a person does who is not in the organization yet.
    rightCaller: ({ path }) =>
      /^\/v1\/(?:invitations\/|organizations\/.)/.test(path) ? asUser(victim.people.invitee) : undefined,
    viewersMay: ({ path }) => path === '/v1/organization/leave',
    changes: ({ method, path }) => method !== 'GET' && path !== '/v1/invitations/preview',
    attacks: [...changeAttacks(victim), ...tokenAttacks(victim, rival)],
  }
}

/** The same person, an owner of both. */
async function share({ admin }: Stage, { people }: Cast, into: AttackedOrganization): Promise<void> {
  await admin(
    `insert into partywall.memberships (organization_id, user_id, role)
     select id, $2, 'owner' from partywall.organizations where id::text = $1`,
    [into.id, people.owner],
  )
}
