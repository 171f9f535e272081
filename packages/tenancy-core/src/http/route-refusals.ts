import type { Permission } from './permission.ts'
import { statusOf } from './problem.ts'
import type { Route } from './route.ts'

/** The codes that a route refuses with, by their statuses in ascending order: what its handler names, and the core's own. */
export function refusalsOf(route: Route): ReadonlyMap<number, readonly string[]> {
  return byStatus(codesOf(route))
}

/** The codes by which a request is refused before any handler of an organization, by their statuses. */
export function admissionRefusals(permission: Permission | undefined): ReadonlyMap<number, readonly string[]> {
  return byStatus([...ofEvery, ...inside, ...(permission === undefined ? [] : ['PERMISSION_DENIED'])])
}

function byStatus(codes: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const grouped = Map.groupBy(codes, (code) => statusOf(code) ?? 500)
  return new Map([...grouped].filter(([status]) => status < 500).toSorted(([a], [b]) => a - b))
}

const ofEvery = ['CLAIM_AMBIGUOUS', 'CLAIM_INVALID', 'UNAUTHENTICATED', 'CLAIM_UNTRUSTED']
const inside = ['ORGANIZATION_REQUIRED', 'ORGANIZATION_NOT_FOUND', 'ORGANIZATION_SUSPENDED', 'MEMBERSHIP_SUSPENDED']

function codesOf(route: Route): readonly string[] {
  const when = (holds: boolean, ...codes: readonly string[]): readonly string[] => (holds ? codes : [])
  const all = [
    'REQUEST_INVALID',
    ...ofEvery,
    ...when(route.scope === 'organization', ...inside),
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
