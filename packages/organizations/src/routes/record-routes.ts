import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import { emailDomainSchema, githubLoginSchema, nameSchema, slugSchema } from '../organization.ts'
import type { Organization } from '../organization.ts'
import type { Organizations } from '../organizations.ts'
import { timeSchema } from './time-text.ts'
import { versionNumber } from './version-number.ts'

const organizationSchema = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    status: z.enum(['active', 'suspended', 'deleted']),
    githubLogin: z.string().nullable().describe('What it calls itself on GitHub; nothing proves it'),
    emailDomain: z.string().nullable().describe('The domain of its e-mail addresses; nothing proves it'),
    memberCount: z.number().int().describe('Members who take a seat: all but the suspended ones'),
    seatLimit: z.number().int().nullable().describe('The most members who are not suspended; null for no limit'),
    version: z.number().int().describe('Goes up with every change; the ETag holds it'),
    createdAt: timeSchema,
  })
  .meta({ title: 'Organization' })

const changesSchema = z
  .strictObject({
    slug: slugSchema.optional(),
    name: nameSchema.optional(),
    githubLogin: githubLoginSchema.nullable().optional(),
    emailDomain: emailDomainSchema.nullable().optional(),
  })
  .describe('A member that is left out stays; null takes it away')

const version = (output: { readonly version: number }): string => String(output.version)
const common = { tag: 'organization', scope: 'organization' } as const

/** The organization of the request. */
export function recordRoutes(organizations: Organizations): readonly Route[] {
  const read = async () => answerOf(await organizations.current())
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/organization',
      operationId: 'getOrganization',
      summary: 'Show the organization',
      refusals: ['ORGANIZATION_UNKNOWN'],
      permission: 'organization:read',
      response: organizationSchema,
      version,
      handler: read,
    }),
    defineRoute({
      ...common,
      method: 'PATCH',
      path: '/organization',
      operationId: 'updateOrganization',
      summary: 'Change what the organization tells of itself',
      refusals: [
        'ACTOR_REQUIRED',
        'ACTOR_NOT_MEMBER',
        'ORGANIZATION_SLUG_TAKEN',
        'ORGANIZATION_CHANGED',
        'ORGANIZATION_INVALID',
      ],
      permission: 'organization:update',
      ifMatch: 'required',
      body: changesSchema,
      response: organizationSchema,
      version,
      handler: async ({ expectedVersion }, { body }) => {
        await organizations.update({ ...body, ifVersion: versionNumber(expectedVersion) })
        return await read()
      },
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      path: '/organization',
      operationId: 'deleteOrganization',
      summary: 'Delete the organization: its members are refused at once, its rows stay until it is purged',
      description: 'Until then the service can restore it.',
      refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER'],
      permission: 'organization:delete',
      query: z.strictObject({
        graceDays: z.coerce.number().int().min(0).max(3650).default(30).describe('How long it can be restored'),
      }),
      response: z.object({ purgeAt: timeSchema }),
      handler: async (_, { query }) => {
        const { purgeAt } = await organizations.delete({ graceSeconds: query.graceDays * 86_400 })
        return { purgeAt: purgeAt.toISOString() }
      },
    }),
    rolesRoute(organizations),
  ]
}

function rolesRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'GET',
    path: '/organization/roles',
    operationId: 'listRoles',
    summary: 'List the roles that members may have, the highest rank first',
    description: 'They are the same in every organization.',
    permission: 'members:read',
    response: z.array(
      z.object({
        name: z.string(),
        rank: z.number().int().describe('Who has more stands above'),
        permissions: z.array(z.string()).describe('The last rule that matches decides; * for any, ! for not'),
      }),
    ),
    handler: () => organizations.knownRoles(),
  })
}

function answerOf({
  createdAt,
  ...organization
}: Organization): Omit<Organization, 'createdAt'> & { createdAt: string } {
  return { ...organization, createdAt: createdAt.toISOString() }
}
