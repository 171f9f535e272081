import * as z from 'zod'
import { defineRoute, preconditionFailed } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import type { Tenancy } from '@partywall/tenancy-core'

/** Routes as data that a host of the suite mounts. */
export function contractRoutes(tenancy: Tenancy): readonly Route[] {
  return [...thingRoutes(tenancy), ...projectRoutes(tenancy), ...versionedRoutes(tenancy)]
}

const common = { tag: 'things', scope: 'organization', response: z.unknown() } as const

function thingRoutes(tenancy: Tenancy): readonly Route[] {
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

const project = z.object({ id: z.number(), name: z.string() })
const byId = z.strictObject({ id: z.coerce.number().int() })

interface Project {
  readonly id: number
  readonly name: string
  readonly version: string
}

const projectSql = 'select id, name, xmin::text as version from projects'

/** Pages, and effects that are had once. */
function projectRoutes({ pool }: Tenancy): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/projects',
      summary: 'List projects',
      query: z.strictObject({ name: z.string().optional() }),
      response: project,
      list: { sort: 'id', position: z.number(), positionOf: ({ id }: Project) => id, defaultLimit: 2, maxLimit: 3 },
      handler: async ({ page }, { query }) => {
        const values = [query.name ?? '', page?.after ?? 0, page?.take]
        const filtered = `${projectSql} where name like $1 || '%' and id > $2 order by id limit $3`
        return (await pool.query<Project>(filtered, values)).rows
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/projects',
      summary: 'Create a project',
      permission: 'projects:write',
      status: 201,
      idempotent: true,
      body: z.strictObject({ name: z.string(), fail: z.boolean().optional(), delayMs: z.number().optional() }),
      response: project,
      handler: async ({ transaction }, { body }) => {
        await transaction?.query('select pg_sleep($1 / 1000.0)', [body.delayMs ?? 0])
        const insert = 'insert into projects (name) values ($1) returning id, name'
        const rows = (await transaction?.query(insert, [body.name]))?.rows
        if (body.fail === true) throw preconditionFailed()
        return rows?.[0]
      },
    }),
  ]
}

function versionedRoutes({ pool }: Tenancy): readonly Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/projects/:id',
      summary: 'Read a project',
      params: byId,
      response: project,
      version: ({ version }: Project) => version,
      handler: async (_, { params }) => (await pool.query<Project>(`${projectSql} where id = $1`, [params.id])).rows[0],
    }),
    defineRoute({
      ...common,
      method: 'PUT',
      path: '/projects/:id',
      summary: 'Rename a project',
      permission: 'projects:write',
      params: byId,
      body: z.strictObject({ name: z.string() }),
      response: project,
      version: ({ version }: Project) => version,
      ifMatch: 'required',
      handler: async ({ expectedVersion }, { params, body }) => {
        const { rows } = await pool.query<Project>(
          `update projects set name = $2 where id = $1 and xmin::text = coalesce($3, xmin::text)
           returning id, name, xmin::text as version`,
          [params.id, body.name, expectedVersion],
        )
        if (rows[0] === undefined) throw preconditionFailed()
        return rows[0]
      },
    }),
  ]
}
