import { TenancyError } from '../../tenancy-error.ts'
import type { ClaimReader } from '../request-claim.ts'
import { nodeRequestOf, singleHeader } from './claim-request.ts'
import type { ClaimRequest } from './claim-request.ts'
import { createProxyList } from './proxy-list.ts'

/** Options of {@link claimFromTrustedProxy}. */
export interface TrustedProxyOptions {
  /**
   * From where the proxies connect: addresses and networks, `['10.1.2.0/24', 'fd00::/64']`. Whoever else can connect from
   * there can be anybody.
   */
  readonly proxies: readonly string[]
  /** The header with the user whom the proxy has verified. The proxy has to remove it from what clients send. */
  readonly user: string
  /** The header with the organization. @defaultValue `'x-organization'` */
  readonly organization?: string | undefined
}

/**
 * A user whom a proxy in front has verified. The proxy is told by the address of the connection itself, never by
 * `X-Forwarded-For` or `Forwarded`, which anybody can write. Passes on a request without the header of the user.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for a list without proxies, or with a network that has everybody in it.
 * The reader throws `CLAIM_UNTRUSTED` when the header came from elsewhere, `CLAIM_AMBIGUOUS` when it came twice.
 *
 * @example
 * ```ts
 * const claim = claimFromTrustedProxy({ proxies: ['10.1.2.0/24'], user: 'x-auth-request-user' })
 * await claim(request) // { userId: '1', organization: 'acme' }
 * ```
 */
export function claimFromTrustedProxy(options: TrustedProxyOptions): ClaimReader<ClaimRequest> {
  const isProxy = createProxyList(options.proxies)
  const userHeader = options.user.toLowerCase()
  const organizationHeader = (options.organization ?? 'x-organization').toLowerCase()
  return (request) => {
    const userId = singleHeader(request, userHeader)
    if (userId === undefined) return undefined
    if (!isProxy(nodeRequestOf(request).socket.remoteAddress)) {
      throw new TenancyError(
        'CLAIM_UNTRUSTED',
        `The header ${userHeader} is taken from trusted proxies only. Sign in at the address of the service.`,
      )
    }
    return { userId, organization: singleHeader(request, organizationHeader) }
  }
}
