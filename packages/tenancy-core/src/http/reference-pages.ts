import type { Answer } from './answer-route.ts'
import type { MountOptions } from './mount-options.ts'
import { openApiDocument } from './openapi.ts'
import { referencePage } from './reference-page.ts'

/** A page that needs no caller, as data. */
export interface ReferencePage {
  readonly path: `/${string}`
  readonly answer: Answer
}

/** The pages that an adapter serves below the prefix, where the host asks for them: `/openapi.json` and `/docs`. */
export function referencePages<Request>({
  reference,
  routes = [],
  prefix = '/',
}: MountOptions<Request>): readonly ReferencePage[] {
  if (reference === undefined) return []
  const base = prefix.replace(/\/$/, '')
  const document = openApiDocument({ ...reference, routes, prefix: base })
  const headers = { 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return [
    { path: '/openapi.json', answer: { status: 200, headers, body: JSON.stringify(document, null, 2) } },
    // Beside the page itself, so that it is found behind a proxy that takes a part of the path away.
    { path: '/docs', answer: referencePage(document, 'openapi.json') },
  ]
}
