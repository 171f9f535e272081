import { TenancyError } from '../../tenancy-error.ts'

/** The members of Node's own request that claims are read from. */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Names and values in turn, as they came: tells headers that were sent twice. */
  readonly rawHeaders: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly url?: string | undefined
}

/** A request of Node, or of a framework that holds it as `raw`, as Fastify does. Express hands over Node's own. */
export type ClaimRequest = NodeRequest | { readonly raw: NodeRequest }

/** Node's own request. */
export function nodeRequestOf(request: ClaimRequest): NodeRequest {
  return 'raw' in request ? request.raw : request
}

/**
 * The value of a header, by its name in lower case. What the host has removed is not there, whatever was sent.
 *
 * @throws {TenancyError} `CLAIM_AMBIGUOUS` when it was sent more than once: Node keeps the first of some headers and joins
 * the others, and whoever stands in front may have looked at another one.
 */
export function singleHeader(request: ClaimRequest, name: string): string | undefined {
  const { headers, rawHeaders } = nodeRequestOf(request)
  const value = headers[name]
  if (value === undefined) return undefined
  if (typeof value === 'string' && !isRepeated(rawHeaders, name)) return value
  throw new TenancyError('CLAIM_AMBIGUOUS', `The header ${name} was sent more than once. Send it once.`)
}

function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let seen = false
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const one = rawHeaders[at] as string
    if (one.length !== name.length || one.toLowerCase() !== name) continue
    if (seen) return true
    seen = true
  }
  return false
}

/** The path of a request as the client sent it, without its query. */
export function pathOf(request: ClaimRequest): string {
  // A router of Express takes its own prefix off `url`.
  const { originalUrl } = request as { readonly originalUrl?: string }
  const url = originalUrl ?? nodeRequestOf(request).url ?? ''
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}
