import type { Answer } from './answer-route.ts'
import type { MountOptions } from './mount-options.ts'
import { openApiDocument } from './openapi.ts'
import { referencePage } from './reference-page.ts'

/** A page that needs no caller, as data. */
export interface ReferencePage {
  readonly path: `/${string}`
  /** Made when it is first read: the routes of the service are complete by then. */
  readonly answer: () => Answer
}

/**
 * The pages that an adapter serves below the prefix, where the host asks for them: `/openapi.json` and `/docs`.
 *
 * @example
 * ```ts
 * const reference = { title: 'FlakeGuard', version: '1' }
 * const pages = referencePages({ tenancy, directory, claim, routes: [routes], reference })
 * pages.map(({ path }) => path) // ['/openapi.json', '/docs']
 * ```
 */
export function referencePages<Request>({
  reference,
  routes = [],
  prefix = '/',
}: MountOptions<Request>): readonly ReferencePage[] {
  if (reference === undefined) return []
  const base = prefix.replace(/\/$/, '')
  const { title, version, own } = reference
  const describe = once(() => openApiDocument({ title, version, routes, prefix: base, own: own?.() }))
  const headers = { 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' }
  // Two routes of one name are found when the service starts, where all are known by then.
  if (own === undefined) describe()
  return [
    {
      path: '/openapi.json',
      answer: once(() => ({ status: 200, headers, body: JSON.stringify(describe(), null, 2) })),
    },
    // Beside the page itself, so that it is found behind a proxy that takes a part of the path away.
    { path: '/docs', answer: once(() => referencePage(describe(), 'openapi.json')) },
  ]
}

function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => (made ??= make())
}
