import { TenancyError } from '../tenancy-error.ts'
import type { Route } from './route.ts'

const strongTag = /^"([\x21\x23-\x7e]*)"$/

/**
 * The version that a request wants to change, by its header `If-Match`; `undefined` for any. Whether it is still the
 * current one is decided where the change is made, by the statement that makes it.
 *
 * @throws {TenancyError} `PRECONDITION_REQUIRED` without the header, where the route asks for it.
 * @throws {TenancyError} `PRECONDITION_FAILED` for anything but one strong tag or `*`: nothing has such a version.
 */
export function expectedVersion(route: Route, header: unknown): string | undefined {
  if (route.ifMatch === undefined) return undefined
  if (header === undefined) {
    if (route.ifMatch === 'optional') return undefined
    throw new TenancyError(
      'PRECONDITION_REQUIRED',
      'The request does not say which version it changes. Read first, and send the ETag as If-Match.',
    )
  }
  const tag = typeof header === 'string' ? header.trim() : ''
  if (tag === '*') return undefined
  const version = strongTag.exec(tag)?.[1]
  if (version !== undefined) return version
  throw preconditionFailed()
}

/**
 * For handlers of routes with `ifMatch`, when the version that was expected is not the current one.
 *
 * @example
 * ```ts
 * if (updated === undefined) throw preconditionFailed() // TenancyError PRECONDITION_FAILED
 * ```
 */
export function preconditionFailed(): TenancyError {
  return new TenancyError(
    'PRECONDITION_FAILED',
    'Somebody changed it meanwhile, and nothing was done. Read it again, and decide anew.',
  )
}

/** Whether a client has the version already, by its header `If-None-Match`. */
export function isCurrent(etag: string, header: unknown): boolean {
  if (typeof header !== 'string') return false
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}
