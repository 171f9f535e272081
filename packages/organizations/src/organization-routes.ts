import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import type { Organizations } from './organizations.ts'

const status = z.enum(['active', 'suspended', 'pending'])

const ownOrganizations = z.array(
  z.object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    status: z.enum(['active', 'suspended', 'deleted']),
    role: z.string(),
    membershipStatus: status,
  }),
)

const members = z.array(
  z.object({
    userId: z.string(),
    role: z.string(),
    status,
    createdAt: z.string().describe('A time after ISO 8601, in UTC'),
  }),
)

/**
 * The routes of organizations, for an adapter to mount: `GET /organizations`, those of the caller, and
 * `GET /members`, those of the organization that the request names (permission `members:read`).
 *
 * @example
 * ```ts
 * await app.register(partywall, { tenancy, directory: organizations, claim, routes: [organizationRoutes(organizations)] })
 * ```
 */
export function organizationRoutes(organizations: Pick<Organizations, 'listMine' | 'members'>): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/organizations',
      summary: 'List the organizations of the caller',
      tag: 'organizations',
      scope: 'user',
      response: ownOrganizations,
      handler: async ({ userId }) => {
        const mine = await organizations.listMine(userId)
        return mine.map(({ organizationId: id, organizationStatus: status, ...rest }) => ({ ...rest, id, status }))
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/members',
      summary: 'List the members of the organization, in the order of their user ids',
      tag: 'organizations',
      scope: 'organization',
      permission: 'members:read',
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        after: z.string().optional().describe('The user id with which the page before ended'),
      }),
      response: members,
      handler: async (_, { query }) => {
        const page = await organizations.members(query)
        return page.map((member) => ({ ...member, createdAt: member.createdAt.toISOString() }))
      },
    }),
  ]
}
