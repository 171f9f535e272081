import { isTenancyError } from '../tenancy-error.ts'
import type { Tenancy } from '../tenancy.ts'
import type { Answer, AnswerRoute, RouteRequest } from './answer-route.ts'
import { findKeptAnswer } from './idempotency.ts'
import { assertPermission } from './permission.ts'
import type { Permission } from './permission.ts'
import { parseRouteInput } from './route.ts'
import type { Route } from './route.ts'

/**
 * What an adapter asks before the handler; of routes with `idempotent` the answerer asks, see {@link withOwnReplays}.
 *
 * @example
 * ```ts
 * permissionAtAdmission(route)
 * ```
 */
export function permissionAtAdmission({ idempotent, permission }: Route): Permission | undefined {
  return idempotent === true ? undefined : permission
}

/**
 * Asks for the permission of routes with `idempotent`. Who may not do it any more, and did it with the same request and key, is
 * given the answer again that was kept: whoever gave the ownership away has to hear that it worked. It tells nobody anything new,
 * since it was the same user's, in the same organization; that the membership is active was asked before.
 *
 * @throws {TenancyError} `PERMISSION_DENIED`, and what the answerer throws.
 *
 * @example
 * ```ts
 * const answer = withOwnReplays(createRouteAnswerer({ tenancy }), { tenancy })
 * const { status } = await answer(route, request)
 * ```
 */
export function withOwnReplays(
  answer: AnswerRoute,
  options: { readonly tenancy: Pick<Tenancy, 'pool'>; readonly schema?: string | undefined },
): AnswerRoute {
  return async (route, request) => {
    const { permission, idempotent } = route
    if (idempotent !== true || permission === undefined || request.tenancy === undefined)
      return await answer(route, request)
    try {
      assertPermission(request.tenancy.membership, permission)
    } catch (denied) {
      const kept = await findOwn(route, request, options)
      if (kept === undefined) throw denied
      return kept
    }
    return await answer(route, request)
  }
}

async function findOwn(
  route: Route,
  { headers, tenancy: admitted, ...given }: RouteRequest,
  { tenancy, schema = 'partywall' }: Parameters<typeof withOwnReplays>[1],
): Promise<Answer | undefined> {
  const key = headers['idempotency-key']
  const actor = admitted?.actor
  if (typeof key !== 'string' || actor?.type !== 'user') return undefined
  const input = inputOf(route, given)
  if (input === undefined) return undefined
  const request = [`${route.method} ${route.path}`, input]
  return await findKeptAnswer({ tenancy, schema, userId: actor.id, key, request })
}

/** Nothing is told of input that does not fit: who may not do it learns not how it is done. */
function inputOf(route: Route, given: Pick<RouteRequest, 'params' | 'query' | 'body'>): unknown {
  try {
    const { params, query, body } = given
    return parseRouteInput(route, { params, query, body })
  } catch (error) {
    if (isTenancyError(error, 'REQUEST_INVALID')) return undefined
    throw error
  }
}
