import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import { organizationIdSchema } from '../organization.ts'
import type { Organizations } from '../organizations.ts'

type EmailOf = (userId: string) => Promise<string | undefined>

const joinableSchema = z.object({
  organization: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
  policy: z.enum(['suggestion', 'automatic']).describe('`suggestion`: ask for an invitation. `automatic`: join'),
  role: z.string().describe('What the caller would become'),
})
const common = { tag: 'domains', scope: 'user' } as const

/** What the domain of a person's own verified address opens. No address is taken from a request. */
export function doorRoutes(organizations: Organizations, emailOf: EmailOf): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/organizations/joinable',
      operationId: 'listJoinableOrganizations',
      summary: 'List the organizations that the caller may join, or ask to be invited to',
      description:
        'By the domain of the own verified address; nothing for who has none, or is in the organization already.',
      refusals: ['DOMAIN_INVALID'],
      response: z.array(joinableSchema),
      handler: async ({ userId }) => {
        const email = await emailOf(userId)
        if (email === undefined) return []
        const found = await organizations.joinableOrganizations({ userId, email, emailVerified: true })
        return found.map(({ organizationId: id, slug, name, ...rest }) => ({
          ...rest,
          organization: { id, slug, name },
        }))
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/organizations/:organizationId/join',
      operationId: 'joinOrganization',
      summary: 'Become a member of an organization that lets addresses of the own domain join',
      description: 'One answer for an organization that is unknown and one that nobody joins by that domain.',
      refusals: [
        'EMAIL_UNVERIFIED',
        'DOMAIN_INVALID',
        'DOMAIN_NOT_JOINABLE',
        'DOMAIN_ASKS_FOR_INVITATION',
        'DOMAIN_ROLE_TOO_HIGH',
        'MEMBER_EXISTS',
        'SEATS_EXHAUSTED',
      ],
      status: 201,
      params: z.strictObject({ organizationId: organizationIdSchema }),
      response: z.object({ organization: z.object({ id: z.string() }), role: z.string() }),
      handler: async ({ userId }, { params: { organizationId } }) => {
        const email = await emailOf(userId)
        if (email === undefined) throw unverified()
        const { role } = await organizations.joinByDomain({ userId, email, emailVerified: true, organizationId })
        return { organization: { id: organizationId }, role }
      },
    }),
  ]
}

function unverified(): TenancyError {
  return new TenancyError('EMAIL_UNVERIFIED', 'You have no verified e-mail address. Verify yours, then ask again.')
}
