import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { VerifyToken } from 'host-parts-example'
import { HttpError } from './http-error.ts'

/** The caller, as a verified token names them. */
export interface SignedInUser {
  readonly id: string
}

/** What {@link auth} needs. */
export interface AuthOptions {
  readonly verifyToken: VerifyToken
  /** Bearer tokens that begin so are keys of programs, which somebody else reads. @defaultValue there are none */
  readonly keyPrefix?: string
  /** Routes of others that are open to everybody, as `config: { public: true }` is for own ones. @defaultValue none */
  readonly open?: readonly string[]
}

declare module 'fastify' {
  interface FastifyRequest {
    /** `null` on routes that are open to everybody, and for programs. */
    user: SignedInUser | null
  }
  interface FastifyContextConfig {
    /** Whether the route answers callers who have not signed in. */
    public?: boolean
  }
}

/** Refuses every request without a valid token, save on routes marked `config: { public: true }`; sets `request.user`. */
export const auth: (app: FastifyInstance, options: AuthOptions) => Promise<void> = fp(
  async (app: FastifyInstance, { verifyToken, keyPrefix, open = [] }: AuthOptions) => {
    app.decorateRequest('user', null)
    app.addHook('onRequest', async (request) => {
      const { config, url = '' } = request.routeOptions
      if (request.is404 || config.public === true || open.includes(url)) return
      const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined) throw new HttpError(401, 'Sign in: send `Authorization: Bearer <token>`.')
      if (keyPrefix !== undefined && token.startsWith(keyPrefix)) return
      const id = await verifyToken(token)
      if (id === undefined) throw new HttpError(401, 'The token is not valid here. Sign in again.')
      request.user = { id }
    })
  },
  { name: 'flakeguard-auth' },
)

/** @throws HttpError 403 when a program calls, which is nobody whom a row could name. */
export function requireUser(request: FastifyRequest): SignedInUser {
  if (request.user === null) throw new HttpError(403, 'This takes a person: sign in instead of using a key.')
  return request.user
}
