import { createHmac } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import express from 'express'
import type { Express, RequestHandler } from 'express'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { jwtVerify } from 'jose'
import { partywall } from '@partywall/fastify'
import { TenancyError } from '@partywall/tenancy-core'
import type { Directory, Membership, TenantScope } from '@partywall/tenancy-core'
import {
  claimFromUser,
  defineRoute,
  firstClaim,
  openApiDocument,
  organizationFromHeader,
  userFromBearer,
} from '@partywall/tenancy-core/http'
import type { ClaimReader, ClaimRequest, Json, NodeRequest, Route, RouteRequest } from '@partywall/tenancy-core/http'
import * as z from 'zod'
import { ada } from './organizations-world.ts'
import type { OrganizationsWorld } from './organizations-world.ts'

/** A request to `/projects` by ada, about Acme: as Node has it, and as an adapter hands it over. */
export interface ExampleRequest extends NodeRequest, RouteRequest {
  readonly id: string
  readonly headers: Record<string, string>
}

/** The names that the examples of the HTTP packages use without declaring them. */
export interface HttpNames<App> {
  readonly app: App
  readonly partywall: typeof partywall
  readonly directory: Directory
  readonly claim: ClaimReader<ClaimRequest>
  /** The user of a bearer token. */
  readonly userOf: (request: ClaimRequest) => string | undefined | Promise<string | undefined>
  readonly emailOf: (userId: string) => Promise<string | undefined>
  readonly request: ExampleRequest
  readonly response: ServerResponse
  readonly error: unknown
  readonly membership: Membership
  readonly route: Route
  readonly routes: readonly Route[]
  readonly document: Json
  readonly handle: (request: ExampleRequest) => Promise<string>
  readonly listRepositories: App extends Express ? RequestHandler : () => Promise<readonly string[]>
  readonly webhookSecret: string
  /** A delivery of GitHub to `/webhooks/github`, signed with the secret. */
  readonly delivery: ClaimRequest
  readonly updated: object | undefined
  readonly z: typeof z
  readonly jwtVerify: typeof jwtVerify
  readonly keys: Uint8Array
  readonly issuer: string
  readonly audience: string
  /** For a token that is not valid; rejects when nobody could be asked. */
  readonly unlessUnreachable: (error: unknown) => undefined
}

export type FastifyNames = OrganizationsWorld & HttpNames<FastifyInstance>
/** The adapter is the one of the package. */
export type ExpressNames = OrganizationsWorld & Omit<HttpNames<Express>, 'partywall'>

const sessions = new Map([['session-of-ada', ada]])
const webhookSecret = 'It is Acme that is meant.'

const project = z.object({ name: z.string() })
const route = defineRoute({
  method: 'GET',
  path: '/projects',
  summary: 'Lists the projects',
  tag: 'Projects',
  scope: 'organization',
  response: z.array(project),
  handler: async () => [{ name: 'web' }],
})
const removal = defineRoute({
  method: 'DELETE',
  path: '/members/:userId',
  summary: 'Removes a member',
  tag: 'Members',
  scope: 'organization',
  params: z.object({ userId: z.string() }),
  status: 204,
  response: z.unknown(),
  handler: async () => undefined,
})

/** For one example: what it mounts on the app is on no other. */
export async function httpNames<App extends Express | FastifyInstance>(
  app: App,
  { organizations, organizationId }: OrganizationsWorld,
): Promise<HttpNames<App>> {
  const userOf = userFromBearer((token) => sessions.get(token))
  const membership = await organizations.findMembership({ organization: organizationId, userId: ada })
  if (membership === undefined) throw new Error('ada is no member of Acme')
  const scope = { organizationId, actor: { type: 'user', id: ada } as const }
  const request = requestOf({ ...scope, membership })
  const routes = [route, removal]
  const list = async (): Promise<readonly string[]> => ['web']
  const listForExpress: RequestHandler = (_, response) => void response.json(['web'])
  return {
    app,
    partywall,
    directory: organizations,
    claim: firstClaim(claimFromUser({ user: userOf, organization: organizationFromHeader() })),
    userOf,
    emailOf: async (userId) => `${userId}@example.com`,
    request,
    response: new ServerResponse(new IncomingMessage(new Socket())),
    error: new TenancyError('ORGANIZATION_NOT_FOUND', 'There is no such organization.'),
    membership,
    route,
    routes,
    document: openApiDocument({ title: 'FlakeGuard', version: '1', routes: [routes] }),
    handle: async ({ id }) => `answered ${id}`,
    listRepositories: ('inject' in app ? list : listForExpress) as HttpNames<App>['listRepositories'],
    webhookSecret,
    delivery: deliveryOf('{"installation":{"id":7}}'),
    updated: undefined,
    z,
    jwtVerify,
    keys: new TextEncoder().encode('the key of the one who issues tokens'),
    issuer: 'https://sign-in.example',
    audience: 'flakeguard',
    unlessUnreachable: (error) => {
      if ((error as { code?: unknown }).code === 'ERR_JWKS_TIMEOUT') throw error
    },
  }
}

export const apps = { fastify: () => fastify(), express: () => express() }

function requestOf(tenancy: TenantScope & { readonly membership: Membership }): ExampleRequest {
  const headers = {
    host: 'acme.flakeguard.example',
    authorization: 'Bearer session-of-ada',
    'x-organization': 'acme',
    'x-auth-request-user': ada,
  }
  return {
    ...nodeRequest('/projects', headers),
    id: 'req-1',
    headers,
    params: {},
    query: {},
    body: undefined,
    userId: ada,
    tenancy,
  }
}

function nodeRequest(url: string, headers: Record<string, string>): NodeRequest {
  return { url, headers, rawHeaders: Object.entries(headers).flat(), socket: { remoteAddress: '10.1.2.3' } }
}

function deliveryOf(body: string): ClaimRequest {
  const headers = {
    'x-hub-signature-256': `sha256=${createHmac('sha256', webhookSecret).update(body).digest('hex')}`,
    'x-github-delivery': '72d3162e',
  }
  return Object.assign(nodeRequest('/webhooks/github', headers), { body: Buffer.from(body) })
}
