import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import { roleSchema, userIdSchema } from '../member.ts'
import type { Member } from '../member.ts'
import type { Organizations } from '../organizations.ts'
import { timeSchema } from './time-text.ts'

const statusSchema = z.enum(['active', 'suspended', 'pending'])

const memberSchema = z
  .object({ userId: z.string(), role: z.string(), status: statusSchema, createdAt: timeSchema })
  .meta({ title: 'Member' })

const params = z.strictObject({ userId: userIdSchema })
const common = { tag: 'members', scope: 'organization' } as const

/** The members of the organization. */
export function memberRoutes(organizations: Organizations): readonly Route[] {
  return [listRoute(organizations), ...changeRoutes(organizations), ...ownRoutes(organizations)]
}

function listRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'GET',
    path: '/organization/members',
    operationId: 'listMembers',
    summary: 'List the members, in the order of their user ids',
    permission: 'members:read',
    query: z.strictObject({ role: roleSchema.optional(), status: statusSchema.optional() }),
    list: { sort: 'userId', positionOf: ({ userId }: Member) => userId, position: userIdSchema },
    response: memberSchema,
    handler: async ({ page }, { query }) => {
      const found = await organizations.members({
        ...query,
        limit: page?.take,
        after: page?.after as string | undefined,
      })
      return found.map(answerOf)
    },
  })
}

function changeRoutes(organizations: Organizations): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'PUT',
      path: '/organization/members/:userId/role',
      operationId: 'changeMemberRole',
      summary: 'Give a member another role, below the own one',
      description: 'It holds from the next request of the member on.',
      refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'MEMBER_UNKNOWN', 'ROLE_UNKNOWN', 'RANK_TOO_LOW', 'LAST_OWNER'],
      permission: 'members:update',
      params,
      body: z.strictObject({ role: roleSchema }),
      response: memberSchema,
      handler: async (_, { params: { userId }, body: { role } }) =>
        answerOf(await organizations.changeRole({ userId, role })),
    }),
    defineRoute({
      ...common,
      method: 'PUT',
      path: '/organization/members/:userId/status',
      operationId: 'changeMemberStatus',
      summary: 'Suspend a member, who is refused from the next request on, or take the suspension back',
      description: 'A suspended member keeps the membership and takes no seat.',
      refusals: [
        'ACTOR_REQUIRED',
        'ACTOR_NOT_MEMBER',
        'MEMBER_UNKNOWN',
        'MEMBER_PENDING',
        'RANK_TOO_LOW',
        'LAST_OWNER',
        'SEATS_EXHAUSTED',
      ],
      permission: 'members:update',
      params,
      body: z.strictObject({ status: z.enum(['active', 'suspended']) }),
      response: memberSchema,
      handler: async (_, { params: { userId }, body: { status } }) => {
        const isActive = status === 'active'
        const change = isActive ? organizations.reactivateMember({ userId }) : organizations.suspendMember({ userId })
        return answerOf(await change)
      },
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      path: '/organization/members/:userId',
      operationId: 'removeMember',
      summary: 'End the membership of another',
      description: 'The API keys that the member answers for are revoked.',
      refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'MEMBER_UNKNOWN', 'RANK_TOO_LOW', 'LAST_OWNER'],
      permission: 'members:remove',
      status: 204,
      params,
      response: z.unknown(),
      handler: (_, { params: { userId } }) => organizations.removeMember({ userId }),
    }),
  ]
}

function ownRoutes(organizations: Organizations): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path: '/organization/leave',
      operationId: 'leaveOrganization',
      summary: 'End the own membership',
      description: 'The last active owner cannot. The API keys that the caller answers for are revoked.',
      refusals: ['ACTOR_REQUIRED', 'MEMBER_UNKNOWN', 'LAST_OWNER'],
      status: 204,
      response: z.unknown(),
      handler: () => organizations.leave(),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/organization/transfer',
      operationId: 'transferOwnership',
      summary: 'Make another active member an owner in place of the caller',
      refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'MEMBER_UNKNOWN', 'ROLE_UNKNOWN', 'RANK_TOO_LOW'],
      permission: 'organization:transfer',
      idempotent: true,
      status: 204,
      body: z.strictObject({
        userId: userIdSchema,
        formerRole: roleSchema.default('admin').describe('What the caller becomes'),
      }),
      response: z.unknown(),
      handler: ({ transaction }, { body }) => organizations.transferOwnership(body, { transaction }),
    }),
  ]
}

function answerOf({ createdAt, ...member }: Member): z.output<typeof memberSchema> {
  return { ...member, createdAt: createdAt.toISOString() }
}
