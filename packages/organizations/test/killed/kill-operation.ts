import type { Tenancy } from '@partywall/tenancy-core'
import { createOutbox } from '@partywall/tenancy-core/outbox'
import type { Site, Sites } from '../../src/member-site.fixture.ts'
import type { Organizations } from '../../src/organizations.ts'

const system = { type: 'system', id: 'test' } as const
const owner = { type: 'user', id: 'owner' } as const

declare module '@partywall/tenancy-core/outbox' {
  interface OutboxEvents {
    'project.created': { readonly name: string }
  }
}

/** What an operation needs to know, as JSON, since it may run in another process. */
export interface OperationInput {
  readonly organizationId: string
  readonly slug: string
  readonly token: string
  readonly keyId: string
}

/** What an operation works with. */
export interface OperationParts {
  readonly tenancy: Tenancy
  readonly organizations: Organizations
}

/** An operation of several steps, that is killed between any two of them. */
export interface KilledOperation {
  readonly name: string
  /** Those that it tells, in order. */
  readonly tells: readonly string[]
  readonly prepare?: (site: Site, parts: OperationParts) => Promise<Partial<OperationInput>>
  readonly perform: (parts: OperationParts, input: OperationInput) => Promise<unknown>
}

const asOwner = <T>(
  { tenancy }: OperationParts,
  { organizationId }: OperationInput,
  work: () => Promise<T>,
): Promise<T> => tenancy.run({ organizationId, actor: owner }, work)

/** An organization with members and whatever the operation needs. */
export async function prepareOperation(sites: Sites, { prepare }: KilledOperation): Promise<OperationInput> {
  const site = await sites.newSite()
  const input = { organizationId: site.id, slug: `new-${site.id.slice(0, 8)}`, token: '', keyId: '' }
  return { ...input, ...(await prepare?.(site, sites)) }
}

export const killedOperations: readonly KilledOperation[] = [
  {
    name: 'create with an owner',
    tells: ['organization.created', 'member.added'],
    perform: ({ organizations }, { slug }) =>
      organizations.create({ slug, name: 'New', owner: { userId: 'ada' }, actor: system }),
  },
  {
    name: 'invite',
    tells: ['invitation.created'],
    perform: (parts, input) =>
      asOwner(parts, input, () => parts.organizations.invite({ email: 'cy@example.com', role: 'member' })),
  },
  {
    name: 'accept',
    tells: ['member.added', 'invitation.accepted'],
    prepare: async (site, { organizations }) => {
      const invitation = { email: 'cy@example.com', role: 'member' }
      const { token = '' } = await site.as('owner', () => organizations.invite(invitation))
      return { token }
    },
    perform: ({ organizations }, { token }) =>
      organizations.acceptInvitation({ token, userId: 'cy', email: 'cy@example.com' }),
  },
  {
    name: 'transfer the ownership',
    tells: ['member.role_changed', 'member.role_changed'],
    perform: (parts, input) => asOwner(parts, input, () => parts.organizations.transferOwnership({ userId: 'admin' })),
  },
  {
    name: 'delete',
    tells: ['organization.deleted'],
    perform: (parts, input) => asOwner(parts, input, () => parts.organizations.delete()),
  },
  {
    name: 'purge',
    tells: ['organization.purged'],
    prepare: async (site, { organizations }) => {
      await site.as('owner', () => organizations.invite({ email: 'cy@example.com', role: 'member' }))
      await site.as('owner', () => organizations.createApiKey({ name: 'CI', permissions: ['a:read'] }))
      await site.as('owner', () => organizations.delete({ graceSeconds: 0 }))
      return {}
    },
    perform: ({ organizations }) =>
      organizations.purge({
        actor: system,
        erase: async (id, run) => void (await run('delete from projects where org_id = $1', [id])),
      }),
  },
  {
    name: 'rotate a key',
    tells: ['api_key.rotated'],
    prepare: async (site, { organizations }) => {
      const { id } = await site.as('owner', () => organizations.createApiKey({ name: 'CI', permissions: ['a:read'] }))
      return { keyId: id }
    },
    perform: (parts, input) => asOwner(parts, input, () => parts.organizations.rotateApiKey({ id: input.keyId })),
  },
  {
    name: 'set a subscription with seats',
    tells: ['subscription.changed'],
    perform: ({ organizations }, { organizationId }) =>
      organizations.setSubscription({
        organizationId,
        plan: 'pro',
        status: 'active',
        seats: 2,
        occurredAt: new Date(),
        actor: system,
      }),
  },
  {
    name: 'a transaction of the service',
    tells: ['project.created', 'invitation.created', 'api_key.created', 'member.removed'],
    perform: (parts, input) => asOwner(parts, input, () => inOneTransaction(parts, input)),
  },
]

async function inOneTransaction({ tenancy, organizations }: OperationParts, { slug }: OperationInput): Promise<void> {
  const client = await tenancy.pool.connect()
  try {
    await client.query('begin')
    const options = { transaction: client }
    await client.query('insert into projects (name) values ($1)', [slug])
    await createOutbox(tenancy).append('project.created', { name: slug }, options)
    await organizations.invite({ email: 'di@example.com', role: 'viewer' }, options)
    await organizations.createApiKey({ name: 'CI', permissions: ['a:read'] }, options)
    await organizations.removeMember({ userId: 'viewer' }, options)
    await client.query('commit')
  } finally {
    client.release(true)
  }
}
