import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import type { Tenancy } from '@partywall/tenancy-core'

/** Routes as data that a host of the suite mounts. */
export function contractRoutes(tenancy: Tenancy): readonly Route[] {
  const common = { tag: 'things', scope: 'organization', response: z.unknown() } as const
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/things',
      summary: 'List things',
      permission: 'things:read',
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(10).default(5) }),
      response: z.array(z.object({ name: z.string() })),
      handler: async (_, { query }) => {
        const { rows } = await tenancy.pool.query('select * from projects order by id limit $1', [query.limit])
        return rows
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/things/:id',
      summary: 'Say it again',
      permission: 'things:write',
      status: 201,
      params: z.strictObject({ id: z.coerce.number().int() }),
      body: z.strictObject({ text: z.string().max(100), 'a/b~c': z.number().optional() }),
      response: z.object({ id: z.number(), text: z.string(), user: z.string() }),
      handler: async ({ userId }, { params, body }) => ({ ...params, ...body, user: userId, secret: 'kept' }),
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      path: '/things/:id',
      summary: 'Remove a thing',
      permission: 'things:write',
      status: 204,
      handler: async () => undefined,
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/broken',
      summary: 'Fail',
      handler: () => Promise.reject(new Error('password=secret')),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/me',
      summary: 'Tell who asks',
      scope: 'user',
      response: z.object({ userId: z.string() }),
      handler: async ({ userId, tenant }) => ({ userId, tenant }),
    }),
  ]
}
