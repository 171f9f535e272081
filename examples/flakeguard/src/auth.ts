import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { HttpError } from './http-error.ts'
import { verifyDemoToken } from './demo-token.ts'

/** The caller, as a verified token names them. */
export interface SignedInUser {
  readonly id: string
}

/** What {@link auth} needs. */
export interface AuthOptions {
  /** The key that tokens are signed with. */
  readonly tokenSecret: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** `null` on routes that are open to everybody, and only there. */
    user: SignedInUser | null
  }
  interface FastifyContextConfig {
    /** Whether the route answers callers who have not signed in. */
    public?: boolean
  }
}

/** Refuses every request without a valid token, save on routes marked `config: { public: true }`; sets `request.user`. */
export const auth: (app: FastifyInstance, options: AuthOptions) => Promise<void> = fp(
  async (app: FastifyInstance, { tokenSecret }: AuthOptions) => {
    app.decorateRequest('user', null)
    app.addHook('onRequest', async (request) => {
      if (request.is404 || request.routeOptions.config.public === true) return
      const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined) throw new HttpError(401, 'Sign in: send `Authorization: Bearer <token>`.')
      request.user = { id: await verifyDemoToken(token, tokenSecret) }
    })
  },
  { name: 'flakeguard-auth' },
)

/** @throws HttpError 401 on a route that nobody need sign in to. */
export function requireUser(request: FastifyRequest): SignedInUser {
  if (request.user === null) throw new HttpError(401, 'Sign in to use this route.')
  return request.user
}
