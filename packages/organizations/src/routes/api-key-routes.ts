import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import type { ApiKey } from '../api-keys.ts'
import type { Organizations } from '../organizations.ts'
import { timeSchema, timeText } from './time-text.ts'

const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    permissions: z.array(z.string()),
    grantedBy: z.string().describe('The user id of the member who answers for it: the key can do no more'),
    expiresAt: timeSchema.nullable(),
    revokedAt: timeSchema.nullable(),
    lastUsedAt: timeSchema.nullable().describe('To the minute'),
    createdAt: timeSchema,
  })
  .meta({ title: 'ApiKey' })

const idSchema = z.string().regex(/^[0-9A-Za-z]{16}$/, 'Expected the id of a key: 16 letters and digits')
const params = z.strictObject({ id: idSchema })
const text = z.string().describe('Shown this once: the service keeps no more than its digest')
const expiresAt = z.iso.datetime({ offset: true }).nullable().optional().describe('Never, if nothing is said')
const common = { tag: 'API keys', scope: 'organization' } as const

/**
 * The API keys of the organization. Those that answer with the text of a key take no `Idempotency-Key`, since the answer would
 * be kept in the database.
 */
export function apiKeyRoutes(organizations: Organizations): readonly Route[] {
  return [listRoute(organizations), ...textRoutes(organizations), revokeRoute(organizations)]
}

function listRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'GET',
    path: '/organization/api-keys',
    operationId: 'listApiKeys',
    summary: 'List the API keys, revoked and expired ones included, in the order of their ids',
    permission: 'api-keys:read',
    list: { sort: 'id', positionOf: ({ id }: ApiKey) => id, position: idSchema },
    response: keySchema,
    handler: async ({ page }) => {
      const found = await organizations.apiKeys({ limit: page?.take, after: page?.after as string | undefined })
      return found.map((key) => ({
        ...key,
        expiresAt: timeText(key.expiresAt),
        revokedAt: timeText(key.revokedAt),
        lastUsedAt: timeText(key.lastUsedAt),
        createdAt: key.createdAt.toISOString(),
      }))
    },
  })
}

function textRoutes(organizations: Organizations): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path: '/organization/api-keys',
      operationId: 'createApiKey',
      summary: 'Create an API key that may do no more than the caller',
      refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'API_KEY_INVALID', 'API_KEY_EXCEEDS_ROLE'],
      permission: 'api-keys:create',
      status: 201,
      location: ({ id }: { readonly id: string }) => `api-keys/${id}`,
      body: z.strictObject({
        name: z.string().describe('Up to 200 characters, for people'),
        permissions: z.array(z.string()).describe('Rules of resource:action, with * for any'),
        expiresAt,
      }),
      response: z.object({ id: z.string(), text }),
      handler: (_, { body }) => organizations.createApiKey({ ...body, expiresAt: timeOf(body.expiresAt) }),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/organization/api-keys/:id/rotate',
      operationId: 'rotateApiKey',
      summary: 'Give an API key another secret; the caller answers for it from then on',
      refusals: [
        'ACTOR_REQUIRED',
        'ACTOR_NOT_MEMBER',
        'API_KEY_INVALID',
        'API_KEY_UNKNOWN',
        'API_KEY_EXCEEDS_ROLE',
        'RANK_TOO_LOW',
      ],
      permission: 'api-keys:create',
      params,
      body: z
        .strictObject({
          overlapSeconds: z
            .number()
            .int()
            .min(0)
            .max(30 * 86_400)
            .optional()
            .describe('How long the secrets before it are taken as well: a day, if nothing is said'),
          expiresAt,
        })
        .default({}),
      response: z.object({ id: z.string(), text, oldUntil: timeSchema }),
      handler: async (_, { params: { id }, body }) => {
        const rotated = await organizations.rotateApiKey({ ...body, id, expiresAt: timeOf(body.expiresAt) })
        return { ...rotated, oldUntil: rotated.oldUntil.toISOString() }
      },
    }),
  ]
}

function revokeRoute(organizations: Organizations): Route {
  return defineRoute({
    ...common,
    method: 'DELETE',
    path: '/organization/api-keys/:id',
    operationId: 'revokeApiKey',
    summary: 'End an API key, at once and for good',
    refusals: ['ACTOR_REQUIRED', 'ACTOR_NOT_MEMBER', 'API_KEY_UNKNOWN', 'RANK_TOO_LOW'],
    permission: 'api-keys:revoke',
    status: 204,
    params,
    response: z.unknown(),
    handler: (_, { params: { id } }) => organizations.revokeApiKey({ id }),
  })
}

function timeOf(time: string | null | undefined): Date | null {
  return time === undefined || time === null ? null : new Date(time)
}
