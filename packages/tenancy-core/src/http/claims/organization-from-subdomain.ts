import { TenancyError } from '../../tenancy-error.ts'
import type { OrganizationReader } from '../request-claim.ts'
import { nodeRequestOf, singleHeader } from './claim-request.ts'
import type { ClaimRequest } from './claim-request.ts'

/** Options of {@link organizationFromSubdomain}. */
export interface SubdomainOptions {
  /** What stands behind the slug: `flakeguard.example` for `acme.flakeguard.example`. */
  readonly domain: string
  /** Hosts of the service that name no organization, in full. @defaultValue `domain` alone */
  readonly neutral?: readonly string[] | undefined
}

const hostForm = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)\.?(?::\d{1,5})?$/i

/**
 * The organization whose slug is the subdomain that the client asked for. Read from `Host` alone, in upper or lower case,
 * with or without a port and a trailing dot: `X-Forwarded-Host` can be written by anybody, so a proxy has to pass `Host` on.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for a domain that is none. The reader throws `CLAIM_INVALID` for a host
 * that is not of the service, `CLAIM_AMBIGUOUS` when there are two.
 *
 * @example
 * ```ts
 * const organization = organizationFromSubdomain({ domain: 'flakeguard.example', neutral: ['api.flakeguard.example'] })
 * organization(request) // 'acme'
 * ```
 */
export function organizationFromSubdomain({
  domain,
  neutral = [domain],
}: SubdomainOptions): OrganizationReader<ClaimRequest> {
  const suffix = `.${hostNameOf(domain, 'CONFIGURATION_INVALID')}`
  const silent = new Set(neutral.map((host) => hostNameOf(host, 'CONFIGURATION_INVALID')))
  return (request) => {
    const name = hostNameOf(authorityOf(request), 'CLAIM_INVALID')
    if (silent.has(name)) return undefined
    const slug = name.endsWith(suffix) ? name.slice(0, -suffix.length) : ''
    // Also for `a.b.flakeguard.example`: its certificate, and its cookies, are not those of `b`.
    if (slug === '' || slug.includes('.')) throw notOfTheService('CLAIM_INVALID')
    return slug
  }
}

/** HTTP/2 says it in `:authority`. */
function authorityOf(request: ClaimRequest): string {
  const host = singleHeader(request, 'host')
  const authority = singleHeader(request, ':authority')
  // `GET http://other/path HTTP/1.1` names a host in front of the path, which goes before the header.
  const target = /^\w+:\/\/([^/?#]*)/.exec(nodeRequestOf(request).url ?? '')?.[1]
  const [first = '', ...others] = [host, authority, target].filter((one) => one !== undefined)
  if (others.every((one) => one === first)) return first
  throw new TenancyError('CLAIM_AMBIGUOUS', 'The request names two hosts. Send one.')
}

function hostNameOf(authority: string, code: 'CLAIM_INVALID' | 'CONFIGURATION_INVALID'): string {
  // Lower case comes after: it would make letters of ASCII of others.
  const name = hostForm.exec(authority)?.[1]?.toLowerCase()
  if (name === undefined || name.length > 253) throw notOfTheService(code)
  return name
}

function notOfTheService(code: 'CLAIM_INVALID' | 'CONFIGURATION_INVALID'): TenancyError {
  return new TenancyError(code, 'The host is not one of this service. Ask for the address of an organization.')
}
