import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import type { OrganizationDomain } from '../domains.ts'
import { domainPolicySchema, ownDomainSchema, storedDomainSchema } from '../email-domain.ts'
import { roleSchema } from '../member.ts'
import type { Organizations } from '../organizations.ts'
import { timeSchema, timeText } from './time-text.ts'

const domainSchema = z
  .object({
    domain: z.string(),
    status: z.enum(['pending', 'verified']),
    policy: domainPolicySchema,
    role: z.string().describe('What who joins becomes'),
    record: z.object({ name: z.string(), value: z.string() }).describe('The TXT record that proves the domain'),
    verifiedAt: timeSchema.nullable(),
    checkedAt: timeSchema.nullable().describe('When the record was last seen'),
    createdAt: timeSchema,
  })
  .meta({ title: 'Domain' })

const params = z.strictObject({ domain: ownDomainSchema })
const common = { tag: 'domains', scope: 'organization' } as const
const actor = ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER']

/** The e-mail domains of the organization. */
export function domainRoutes(organizations: Organizations): readonly Route[] {
  return [listRoute(organizations), addRoute(organizations), verifyRoute(organizations), ...keepRoutes(organizations)]
}

function listRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'GET',
    path: '/organization/domains',
    operationId: 'listDomains',
    summary: 'List the e-mail domains, by name, each with the record that proves it',
    permission: 'domains:read',
    list: { sort: 'domain', positionOf: ({ domain }: OrganizationDomain) => domain, position: storedDomainSchema },
    response: domainSchema,
    handler: async ({ page }) => {
      const found = await organizations.domains({ limit: page?.take, after: page?.after as string | undefined })
      return found.map(answerOf)
    },
  })
}

function addRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'POST',
    path: '/organization/domains',
    operationId: 'addDomain',
    summary: 'Claim an e-mail domain, and get the record that proves it',
    description:
      'Domains of public providers are refused. Others may claim it as well: whoever has the record gets it.',
    refusals: [...actor, 'DOMAIN_INVALID', 'DOMAIN_EXISTS'],
    permission: 'domains:create',
    idempotent: true,
    status: 201,
    location: ({ domain }: z.output<typeof domainSchema>) => `domains/${domain}`,
    body: z.strictObject({ domain: ownDomainSchema }),
    response: domainSchema,
    handler: async ({ transaction }, { body }) => answerOf(await organizations.addDomain(body, { transaction })),
  })
}

function verifyRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'POST',
    path: '/organization/domains/:domain/verify',
    operationId: 'verifyDomain',
    summary: 'Look the record of a domain up, and take the domain when it is there',
    description: 'Asked again of a verified domain, it renews the proof. 503 when the name servers do not answer.',
    refusals: [...actor, 'DOMAIN_INVALID', 'DOMAIN_UNKNOWN', 'DOMAIN_UNPROVEN', 'DOMAIN_TAKEN'],
    permission: 'domains:update',
    params,
    response: z.object({ domain: z.string(), verifiedAt: timeSchema }),
    handler: async (_, { params: asked }) => {
      const { domain, verifiedAt } = await organizations.verifyDomain(asked)
      return { domain, verifiedAt: verifiedAt.toISOString() }
    },
  })
}

function keepRoutes(organizations: Organizations): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'PUT',
      path: '/organization/domains/:domain/policy',
      operationId: 'setDomainPolicy',
      summary: 'Decide what an address of a domain is good for, once it is verified',
      description:
        '`manual`: nothing. `suggestion`: the organization is shown to who has one. `automatic`: who has one may join.',
      refusals: [...actor, 'DOMAIN_INVALID', 'DOMAIN_UNKNOWN', 'DOMAIN_ROLE_TOO_HIGH', 'ROLE_UNKNOWN', 'RANK_TOO_LOW'],
      permission: 'domains:update',
      status: 204,
      params,
      body: z.strictObject({ policy: domainPolicySchema, role: roleSchema.default('member') }),
      response: z.unknown(),
      handler: (_, { params: { domain }, body }) => organizations.setDomainPolicy({ domain, ...body }),
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      path: '/organization/domains/:domain',
      operationId: 'releaseDomain',
      summary: 'Give a domain up; who joined by it stays',
      refusals: [...actor, 'DOMAIN_INVALID', 'DOMAIN_UNKNOWN'],
      permission: 'domains:delete',
      status: 204,
      params,
      response: z.unknown(),
      handler: (_, { params: asked }) => organizations.releaseDomain(asked),
    }),
  ]
}

function answerOf({ verifiedAt, checkedAt, createdAt, ...domain }: OrganizationDomain): z.output<typeof domainSchema> {
  return {
    ...domain,
    verifiedAt: timeText(verifiedAt),
    checkedAt: timeText(checkedAt),
    createdAt: createdAt.toISOString(),
  }
}
