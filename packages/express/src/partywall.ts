import { Router } from 'express'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { isTenancyError } from '@partywall/tenancy-core'
import { admitRequest, keepContext } from '@partywall/tenancy-core/http'
import type { MountOptions, Permission, RequestTenancy } from '@partywall/tenancy-core/http'
import { mountRoutes } from './mount-route.ts'
import { sendProblem } from './send-answer.ts'

/** Options of {@link partywall}. The claim is read after the middleware that stands in front. */
export type PartywallOptions = MountOptions<Request>

declare global {
  namespace Express {
    interface Request {
      /** The tenant of the request, behind `partywall()`. */
      tenancy?: RequestTenancy
    }
  }
}

/**
 * A router that opens the tenant scope of every request that comes to it, and mounts routes. It stands behind the host's
 * own authentication. What is registered behind it runs inside: handlers, streamed answers, error handlers, work in
 * timers. What stands in front belongs to no organization.
 *
 * An unknown organization and one that the user is not in get the same 404. Refusals are answered as
 * `application/problem+json`; `problems()` does so for errors of Partywall that handlers throw.
 *
 * @example
 * ```ts
 * app.get('/health', (_, response) => response.send('ok'))
 * app.use(partywall({
 *   tenancy, directory: organizations,
 *   claim: async (request) => ({ userId: await userOf(request), organization: request.headers['x-organization'] }),
 * }))
 * app.get('/repositories', permission('repositories:read'), listRepositories)
 * app.use(problems())
 * ```
 */
export function partywall(options: PartywallOptions): Router {
  const router = Router()
  const { prefix = '/' } = options
  router.use(
    prefix,
    mountRoutes(options, (permission) => scope(options, permission)),
  )
  router.use(scope(options, undefined))
  return router
}

function scope(options: PartywallOptions, permission: Permission | undefined): RequestHandler {
  return (request, response, next) => {
    void openScope({ request, response, next }, options, permission)
  }
}

interface Arrival {
  readonly request: Request
  readonly response: Response
  readonly next: NextFunction
}

/** The rest of the request is started inside of `run()`: after an awaited middleware it would go on outside. */
async function openScope(
  { request, response, next }: Arrival,
  options: PartywallOptions,
  permission: Permission | undefined,
): Promise<void> {
  const { directory } = options
  let tenancy: RequestTenancy
  try {
    tenancy = await admitRequest({ directory, claim: await options.claim(request), permission })
  } catch (error) {
    keepContext(response)
    return isTenancyError(error) ? sendProblem(error, { request, response }) : next(error)
  }
  request.tenancy = tenancy
  options.tenancy.run(tenancy, () => {
    keepContext(request, response)
    next()
  })
}
