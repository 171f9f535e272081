import { TenancyError } from '../tenancy-error.ts'

/** What a framework finds wrong with a request before a handler sees it, by the status that it gives. */
const faults: ReadonlyMap<number, readonly [code: string, message: string]> = new Map([
  [400, ['REQUEST_INVALID', 'The request cannot be read. Send a body that is well-formed JSON, and an encoded path.']],
  [413, ['REQUEST_TOO_LARGE', 'The body is larger than the service takes. Send less at once.']],
  [415, ['CONTENT_TYPE_UNSUPPORTED', 'The body is not JSON. Send it with the content type application/json.']],
])

/**
 * The coded error for one that a framework, or its parser of bodies, raised about a request: so that every host answers
 * it with the same problem. Other errors are given back as they are.
 *
 * @example
 * ```ts
 * const tooLarge = Object.assign(new Error('request entity too large'), { status: 413 })
 * const { status } = answerProblem(requestFault(tooLarge)) // { status: 413 }
 * ```
 */
export function requestFault(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error
  const { statusCode, status } = error as { statusCode?: unknown; status?: unknown }
  const [code, message] = faults.get(Number(statusCode ?? status)) ?? []
  return code === undefined ? error : new TenancyError(code, message as string, { cause: error })
}

/**
 * For a path that has routes, and none for the method.
 *
 * @example
 * ```ts
 * const allow = allowedMethods(routes, '/members/42')
 * const { status } = answerProblem(methodNotAllowed('PUT'), { allow }) // { status: 405 }
 * ```
 */
export function methodNotAllowed(method: string): TenancyError {
  return new TenancyError('METHOD_NOT_ALLOWED', `There is nothing to ${method} here. See the header Allow.`)
}

/**
 * For a path below the prefix that no route has.
 *
 * @example
 * ```ts
 * const { status } = answerProblem(routeNotFound()) // { status: 404 }
 * ```
 */
export function routeNotFound(): TenancyError {
  return new TenancyError('ROUTE_NOT_FOUND', 'The service has no such path.')
}
