import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import { emailSchema } from '../email-address.ts'
import type { Invitation, IssuedInvitation } from '../invitations.ts'
import { roleSchema } from '../member.ts'
import type { Organizations } from '../organizations.ts'
import { timeSchema } from './time-text.ts'

const invitationSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    role: z.string(),
    status: z.enum(['pending', 'accepted', 'revoked', 'expired']),
    invitedBy: z.string().nullable().describe('The user id of the member who answers for it'),
    acceptedBy: z.string().nullable(),
    expiresAt: timeSchema,
    createdAt: timeSchema,
  })
  .meta({ title: 'Invitation' })

const issuedSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    role: z.string(),
    expiresAt: timeSchema,
    delivery: z.enum(['sent', 'failed', 'yours']).describe('`yours`: the service sends no messages, pass the token on'),
    token: z.string().optional().describe('Shown this once, and only where the message is the caller’s to send'),
  })
  .meta({ title: 'IssuedInvitation' })

const params = z.strictObject({ id: z.uuid() })
const expiresInSeconds = z
  .number()
  .int()
  .min(60)
  .max(90 * 86_400)
  .optional()
const common = { tag: 'invitations', scope: 'organization' } as const

/**
 * The invitations of the organization. Those that answer with a token take no `Idempotency-Key`, since the answer would be
 * kept in the database: an address has one pending invitation, so that a repeated request is refused and does no harm.
 */
export function invitationRoutes(organizations: Organizations): readonly Route[] {
  return [listRoute(organizations), ...tokenRoutes(organizations), revokeRoute(organizations)]
}

function listRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'GET',
    path: '/organization/invitations',
    operationId: 'listInvitations',
    summary: 'List the invitations, in the order of their addresses',
    description: 'With those that were accepted, revoked, or have expired.',
    permission: 'invitations:read',
    list: { sort: 'email', positionOf: ({ id }: Invitation) => id, position: z.uuid() },
    response: invitationSchema,
    handler: async ({ page }) => {
      const found = await organizations.invitations({ limit: page?.take, after: page?.after as string | undefined })
      return found.map(({ expiresAt, createdAt, ...invitation }) => ({
        ...invitation,
        expiresAt: expiresAt.toISOString(),
        createdAt: createdAt.toISOString(),
      }))
    },
  })
}

function tokenRoutes(organizations: Organizations): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path: '/organization/members/invite',
      operationId: 'inviteMember',
      summary: 'Invite an address as a role below the own one',
      description:
        'An address has one pending invitation at a time, so that a request that is repeated is refused and does no harm.',
      refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'INVITATION_PENDING', 'ROLE_UNKNOWN', 'RANK_TOO_LOW'],
      permission: 'invitations:create',
      status: 201,
      location: ({ id }: IssuedInvitation) => `../invitations/${id}`,
      body: z.strictObject({ email: emailSchema, role: roleSchema, expiresInSeconds }),
      response: issuedSchema,
      handler: async (_, { body }) => answerOf(await organizations.invite(body)),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/organization/invitations/:id/resend',
      operationId: 'resendInvitation',
      summary: 'Give a pending invitation another token; the one before it is dead',
      refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'INVITATION_UNKNOWN', 'RANK_TOO_LOW'],
      permission: 'invitations:create',
      params,
      body: z.strictObject({ expiresInSeconds }).default({}),
      response: issuedSchema,
      handler: async (_, { params: { id }, body }) => answerOf(await organizations.resendInvitation({ id, ...body })),
    }),
  ]
}

function revokeRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'DELETE',
    path: '/organization/invitations/:id',
    operationId: 'revokeInvitation',
    summary: 'Take a pending invitation back',
    refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'INVITATION_UNKNOWN', 'RANK_TOO_LOW'],
    permission: 'invitations:revoke',
    status: 204,
    params,
    response: z.unknown(),
    handler: (_, { params: { id } }) => organizations.revokeInvitation({ id }),
  })
}

function answerOf({ expiresAt, ...issued }: IssuedInvitation): z.output<typeof issuedSchema> {
  return { ...issued, expiresAt: expiresAt.toISOString() }
}
