import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import type { Organizations } from '../organizations.ts'
import type { OrganizationRoutesOptions } from './organization-routes.ts'
import { timeSchema } from './time-text.ts'

const ownSchema = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'deleted']),
  role: z.string(),
  membershipStatus: z.enum(['active', 'suspended', 'pending']),
})

// In the body and not in the path: what stands in a URL ends up in logs.
const body = z.strictObject({ token: z.string().min(1).max(1000) })
const common = { scope: 'user' } as const

/** What belongs to a person who has signed in, in no organization. */
export function personRoutes(
  organizations: Organizations,
  emailOf: OrganizationRoutesOptions['emailOf'],
): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/organizations',
      operationId: 'listOwnOrganizations',
      summary: 'List the organizations of the caller',
      description: 'Suspended and deleted ones included, in the order of their slugs.',
      tag: 'organization',
      response: z.array(ownSchema),
      handler: async ({ userId }) => {
        const mine = await organizations.listMine(userId)
        return mine.map(({ organizationId: id, organizationStatus: status, ...rest }) => ({ ...rest, id, status }))
      },
    }),
    previewRoute(organizations),
    ...(emailOf === undefined ? [] : [acceptRoute(organizations, emailOf)]),
  ]
}

function previewRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'POST',
    path: '/invitations/preview',
    operationId: 'previewInvitation',
    summary: 'Show to whom and to what the token of an invitation belongs',
    description: 'A token that is unknown, used, revoked or expired gets one answer.',
    refusals: ['INVITATION_UNUSABLE'],
    tag: 'invitations',
    body,
    response: z.object({
      organization: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
      email: z.string(),
      role: z.string(),
      expiresAt: timeSchema,
    }),
    handler: async (_, { body: { token } }) => {
      const preview = await organizations.findInvitation(token)
      if (preview === undefined) throw unusable()
      const { organizationId: id, slug, name, expiresAt, ...rest } = preview
      return { ...rest, organization: { id, slug, name }, expiresAt: expiresAt.toISOString() }
    },
  })
}

function acceptRoute(organizations: Organizations, emailOf: (userId: string) => Promise<string | undefined>): Route {
  return defineRoute({
    ...common,
    method: 'POST',
    path: '/invitations/accept',
    operationId: 'acceptInvitation',
    summary: 'Become a member by the token of an invitation to the own address',
    description: 'The address is the one that the service has verified. A refusal leaves the token as it was.',
    refusals: ['INVITATION_UNUSABLE', 'INVITATION_OTHER_ADDRESS', 'MEMBER_EXISTS', 'SEATS_EXHAUSTED'],
    tag: 'invitations',
    status: 201,
    body,
    response: z.object({
      organization: z.object({ id: z.string(), slug: z.string() }),
      role: z.string(),
    }),
    handler: async ({ userId }, { body: { token } }) => {
      const email = await emailOf(userId)
      if (email === undefined) {
        throw new TenancyError(
          'INVITATION_OTHER_ADDRESS',
          'You have no verified e-mail address, and the invitation is for one. Verify yours, then ask again.',
        )
      }
      const { organizationId: id, slug, role } = await organizations.acceptInvitation({ token, userId, email })
      return { organization: { id, slug }, role }
    },
  })
}

function unusable(): TenancyError {
  return new TenancyError(
    'INVITATION_UNUSABLE',
    'The invitation is not usable: it is unknown, used, revoked or expired. Ask for another one.',
  )
}
