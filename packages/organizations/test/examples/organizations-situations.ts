import type { ExampleNames } from '../../../../scripts/api-examples/run-example.ts'
import { ada, bob } from './organizations-world.ts'
import type { OpenedWorld } from './organizations-world.ts'

/** What is the case when an example is read, where that is not what the world begins with. */
export interface Situation {
  /** Who acts in Acme. @defaultValue ada, who owns it */
  readonly as?: string
  /** Brings the situation about, and gives the names that belong to it. */
  readonly before?: (world: OpenedWorld) => Promise<ExampleNames | void>
}

const asOwner = (work: (world: OpenedWorld) => Promise<ExampleNames | void>): Situation => ({
  before: (world) => world.as(ada, () => work(world)),
})

const bobIsNoMember = asOwner(async ({ names: { organizations } }) => await organizations.removeMember({ userId: bob }))

const bobIsSuspended = asOwner(
  async ({ names: { organizations } }) => void (await organizations.suspendMember({ userId: bob })),
)

const bobIsInvited = asOwner(async ({ names: { organizations } }) => {
  await organizations.removeMember({ userId: bob })
  const { id, token = '' } = await organizations.invite({ email: 'bob@example.com', role: 'member' })
  return { id, token }
})

const withKey = asOwner(async ({ names: { organizations } }) => {
  const { id } = await organizations.createApiKey({ name: 'CI', permissions: ['repositories:read'] })
  return { id }
})

const requestWithKey = asOwner(async ({ names: { organizations } }) => {
  const { text } = await organizations.createApiKey({ name: 'CI', permissions: ['repositories:read'] })
  return { request: { id: 'req-1', headers: { authorization: `Bearer ${text}` } } }
})

const domainIsClaimed = asOwner(async ({ names: { organizations }, records }) => {
  const { record } = await organizations.addDomain({ domain: 'acme.example' })
  records.set(record.name, record.value)
})

const domainIsVerified = asOwner(async (world) => {
  await domainIsClaimed.before?.(world)
  await world.names.organizations.verifyDomain({ domain: 'acme.example' })
})

const domainIsOpen = asOwner(async (world) => {
  await domainIsVerified.before?.(world)
  await world.names.organizations.setDomainPolicy({ domain: 'acme.example', policy: 'automatic', role: 'viewer' })
})

const deleted = (graceSeconds: number): Situation =>
  asOwner(async ({ names: { organizations } }) => void (await organizations.delete({ graceSeconds })))

const acmeIsSuspended: Situation = {
  before: async ({ names: { organizations, organizationId, actor } }) =>
    await organizations.suspend({ organizationId, actor }),
}

const withTriager: Situation = {
  before: async ({ names: { organizations, actor } }) =>
    await organizations.defineRole({ name: 'triager', rank: 40, permissions: ['*:read'], actor }),
}

export const organizationsSituations: Readonly<Record<string, Situation>> = {
  'Administration.reactivate': acmeIsSuspended,
  'Administration.removeRole': withTriager,
  'Administration.purge': deleted(0),
  'ApiKeys.apiKeys': withKey,
  'ApiKeys.authenticateApiKey': requestWithKey,
  'ApiKeys.rotateApiKey': withKey,
  'ApiKeys.revokeApiKey': withKey,
  'Domains.verifyDomain': domainIsClaimed,
  'Domains.setDomainPolicy': domainIsVerified,
  'Domains.releaseDomain': domainIsVerified,
  'Domains.domains': domainIsVerified,
  'Domains.joinableOrganizations': domainIsOpen,
  'Domains.joinByDomain': domainIsOpen,
  'Domains.recheckDomains': domainIsVerified,
  'Invitations.resendInvitation': bobIsInvited,
  'Invitations.revokeInvitation': bobIsInvited,
  'Invitations.invitations': bobIsInvited,
  'Invitations.invite': bobIsNoMember,
  'Invitations.findInvitation': bobIsInvited,
  'Invitations.acceptInvitation': bobIsInvited,
  'Members.addMember': bobIsNoMember,
  'Members.reactivateMember': bobIsSuspended,
  'Members.leave': { as: bob },
  'OrganizationRecord.restore': deleted(3600),
}
