import type { RequestHandler } from 'express'
import { TenancyError } from '@partywall/tenancy-core'
import { assertPermission } from '@partywall/tenancy-core/http'
import type { Membership, Permission } from '@partywall/tenancy-core/http'
import { sendProblem } from './send-answer.ts'

/**
 * Guards a route of the host: passes when the role of the member includes the permission, and answers 403 otherwise. It
 * stands behind `partywall()`; without it no handler is reached.
 *
 * @example
 * ```ts
 * app.get('/repositories', permission('repositories:read'), listRepositories)
 * ```
 */
export function permission(needed: Permission): RequestHandler {
  return (request, response, next) => {
    try {
      assertPermission(requireMembership(request.tenancy), needed)
    } catch (error) {
      return sendProblem(error, { request, response })
    }
    next()
  }
}

function requireMembership(tenancy: Express.Request['tenancy']): Membership {
  if (tenancy !== undefined) return tenancy.membership
  throw new TenancyError(
    'TENANT_REQUIRED',
    'permission() was asked before an organization was known. Register partywall() in front of the route.',
  )
}
