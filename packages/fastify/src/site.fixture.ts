import { createOrganizations } from '@partywall/organizations'
import type { Organizations } from '@partywall/organizations'
import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { createTenancy } from '@partywall/tenancy-core'
import type { Tenancy } from '@partywall/tenancy-core'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Client } from 'pg'
import { partywall } from './partywall.ts'
import type { PartywallOptions } from './partywall.ts'

const schema = `
  create table users (id text primary key, email text not null unique);
  create table projects (id integer generated always as identity primary key, name text not null);`

/** A converted database with two organizations, `acme` of Ada and `globex` of Bob, and a tenancy over it. */
export interface Site extends AsyncDisposable {
  readonly appUrl: string
  readonly tenancy: Tenancy
  readonly organizations: Organizations
  /** Runs SQL as an administrator, who sees all rows. */
  admin(sql: string, values?: unknown[]): Promise<void>
}

export async function createSite(): Promise<Site> {
  const server = await testServer()
  const owner = await createAppLogin(server.url())
  await run(server.url(), `alter role "${owner.role}" createrole`)
  const database = await server.createDatabase({ owner: owner.role })
  const { username, password } = new URL(owner.url)
  const roles = await convert(database.url({ user: username, password: decodeURIComponent(password) }))
  const app = await createAppLogin(database.url(), { memberOf: [roles.app] })
  const operator = await createAppLogin(database.url(), { memberOf: [roles.operator] })
  const tenancy = createTenancy({
    pool: { connectionString: app.url, max: 5 },
    operator: { connectionString: operator.url, max: 1 },
  })
  const organizations = createOrganizations(tenancy)
  await fill(tenancy, organizations)
  return {
    appUrl: app.url,
    tenancy,
    organizations,
    admin: (sql, values) => run(database.url(), sql, values),
    [Symbol.asyncDispose]: async () => {
      await tenancy.close()
      await app.drop()
      await operator.drop()
      await database.drop()
      await owner.drop()
    },
  }
}

async function convert(ownerUrl: string): Promise<{ app: string; operator: string }> {
  await run(ownerUrl, schema)
  await using session = await openSession({ url: ownerUrl, applicationName: 'tests' })
  const { plan } = await readConversion(session, resolveConfig({}))
  await applyPlan({ session, plan, to: 'enforce' })
  return plan.settings.roles
}

async function fill(tenancy: Tenancy, organizations: Organizations): Promise<void> {
  const actor = { type: 'system', id: 'test' } as const
  for (const [slug, userId] of [
    ['acme', 'ada'],
    ['globex', 'bob'],
  ] as const) {
    const { id } = await organizations.create({ slug, name: slug, owner: { userId }, actor })
    await tenancy.run({ organizationId: id, actor }, async () => {
      await organizations.addMember({ userId: `viewer-of-${slug}`, role: 'viewer' })
      await tenancy.pool.query(`insert into projects (name) select $1 || ' ' || n from generate_series(1, 5) n`, [slug])
    })
  }
}

async function run(url: string, sql: string, values?: unknown[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql, values)
  } finally {
    await client.end()
  }
}

/** Where the host's authentication stands, before the plugin is registered. */
export type AuthHook = 'onRequest' | 'preValidation' | 'preHandler'

/** What a test may choose of its host. */
export interface HostOptions {
  readonly authHook?: AuthHook
  readonly options?: Partial<PartywallOptions>
  /** Adds routes and hooks after the plugin. */
  readonly routes: (app: FastifyInstance) => void
}

/** A host that listens on a real socket. */
export interface Host extends AsyncDisposable {
  readonly port: number
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  call(path: string, init: RequestInit): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly body: unknown
}

/** A host with authentication of its own, the plugin, and the routes of the test. */
export async function startHost(site: Site, { authHook = 'onRequest', options, routes }: HostOptions): Promise<Host> {
  const app = fastify()
  const users = new WeakMap<FastifyRequest, string>()
  const authenticate = async (request: FastifyRequest): Promise<void> => {
    const user = /^Bearer token-of-(.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (user === 'mallory') throw Object.assign(new Error('Locked out'), { statusCode: 401 })
    if (user !== undefined) users.set(request, user)
  }
  if (authHook === 'onRequest') app.addHook('onRequest', authenticate)
  else if (authHook === 'preValidation') app.addHook('preValidation', authenticate)
  else app.addHook('preHandler', authenticate)
  await app.register(partywall, {
    tenancy: site.tenancy,
    directory: site.organizations,
    claim: (request) => ({ userId: users.get(request), organization: request.headers['x-organization'] }),
    ...options,
  })
  routes(app)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(origin + path, init)
    const text = await response.text()
    const type = response.headers.get('content-type')
    return {
      status: response.status,
      type,
      body: type?.includes('json') && text !== '' ? (JSON.parse(text) as unknown) : text,
    }
  }
  return {
    port: Number(new URL(origin).port),
    call,
    get: (path, headers = {}) => call(path, { headers }),
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/** The headers of a user who asks for an organization. */
export function as(user: string, organization: string): Record<string, string> {
  return { authorization: `Bearer token-of-${user}`, 'x-organization': organization }
}
