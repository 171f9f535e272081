import { statusOf } from './problem.ts'
import type { Route } from './route.ts'

/** The codes that a route refuses with, by their statuses in ascending order: what its handler names, and the core's own. */
export function refusalsOf(route: Route): ReadonlyMap<number, readonly string[]> {
  const byStatus = Map.groupBy(codesOf(route), (code) => statusOf(code) ?? 500)
  return new Map([...byStatus].filter(([status]) => status < 500).toSorted(([a], [b]) => a - b))
}

function codesOf(route: Route): readonly string[] {
  const when = (holds: boolean, ...codes: readonly string[]): readonly string[] => (holds ? codes : [])
  const ofEvery = ['REQUEST_INVALID', 'CLAIM_AMBIGUOUS', 'CLAIM_INVALID', 'UNAUTHENTICATED', 'CLAIM_UNTRUSTED']
  const all = [
    ...ofEvery,
    ...when(route.scope === 'organization', 'ORGANIZATION_REQUIRED', 'ORGANIZATION_NOT_FOUND'),
    ...when(route.scope === 'organization', 'ORGANIZATION_SUSPENDED', 'MEMBERSHIP_SUSPENDED'),
    ...when(route.permission !== undefined, 'PERMISSION_DENIED'),
    ...when(route.list !== undefined, 'CURSOR_INVALID'),
    ...when(route.method !== 'GET', 'REQUEST_TOO_LARGE', 'CONTENT_TYPE_UNSUPPORTED'),
    ...when(route.ifMatch !== undefined, 'PRECONDITION_FAILED'),
    ...when(route.ifMatch === 'required', 'PRECONDITION_REQUIRED'),
    ...when(route.idempotent === true, 'IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_BUSY', 'IDEMPOTENCY_KEY_REUSED'),
    ...(route.refusals ?? []),
  ]
  return [...new Set(all)]
}
