import { TenancyError } from '../../tenancy-error.ts'
import type { ClaimReader } from '../request-claim.ts'
import { pathOf, singleHeader } from './claim-request.ts'
import type { ClaimRequest } from './claim-request.ts'
import { createDeliveryLog } from './delivery-log.ts'
import type { DeliveryLog } from './delivery-log.ts'
import { isSignedBy } from './webhook-signature.ts'

/** Options of {@link claimFromWebhook}. */
export interface WebhookClaimOptions<Request> {
  /** The path that GitHub delivers to, in full. Elsewhere a signature says nothing. */
  readonly path: `/${string}`
  /** The secrets that are taken, each of at least 16 characters: while one is replaced, the new one and the old one. */
  readonly secrets: readonly string[]
  /** The bytes of the body as they came, before any parser. @defaultValue `request.body`, when it is a `Buffer` */
  readonly rawBody?: ((request: Request) => Uint8Array | undefined | Promise<Uint8Array | undefined>) | undefined
  /** Where deliveries are remembered. @defaultValue `createDeliveryLog()`: of this process, for ten minutes */
  readonly deliveries?: DeliveryLog | undefined
}

/**
 * The installation that a webhook of GitHub is about, once the signature of the body was checked. Passes on requests to
 * other paths; on its own a request without a valid signature is refused, whoever is signed in.
 *
 * A delivery is taken once: one with an id or a signature that was seen within the window is refused. GitHub signs the body
 * alone, so an id proves nothing; two deliveries with the same bytes are one.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` without a path or a secret of 16 characters. The reader throws
 * `CLAIM_UNTRUSTED` for a signature that is missing or wrong, `CLAIM_AMBIGUOUS` when a header came twice, `CLAIM_INVALID`
 * for a body that is not JSON or a delivery without an id, `WEBHOOK_REPLAYED`, `ORGANIZATION_REQUIRED` when the delivery
 * is about no installation, and `CONFIGURATION_INVALID` when the body was parsed before.
 *
 * @example
 * ```ts
 * const claim = firstClaim(
 *   claimFromWebhook({ path: '/webhooks/github', secrets: [webhookSecret] }),
 *   claimFromUser({ user: userOf, organization: organizationFromHeader() }),
 * )
 * await claim(delivery) // { installationId: '7' }
 * ```
 */
export function claimFromWebhook<Request extends ClaimRequest = ClaimRequest>(
  options: WebhookClaimOptions<Request>,
): ClaimReader<Request> {
  const { path, secrets, rawBody = bodyOf, deliveries = createDeliveryLog() } = options
  if (!path.startsWith('/') || secrets.length === 0 || secrets.some((secret) => !(secret?.length >= 16))) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      'A claim of a webhook needs the path of the webhook, and secrets of at least 16 characters.',
    )
  }
  return async (request) => {
    if (pathOf(request) !== path) return undefined
    const signature = singleHeader(request, 'x-hub-signature-256') ?? ''
    const body = (await rawBody(request)) ?? new Uint8Array()
    assertBytes(body)
    if (!isSignedBy(secrets, body, signature)) throw untrusted()
    const installationId = installationOf(body)
    const id = singleHeader(request, 'x-github-delivery') ?? ''
    if (!/^[\w-]{1,64}$/.test(id)) throw invalid('has no X-GitHub-Delivery')
    if (!(await deliveries.remember({ id, signature }))) {
      throw new TenancyError('WEBHOOK_REPLAYED', 'The delivery was taken already. Send a new one.')
    }
    return { installationId }
  }
}

function bodyOf(request: object): Uint8Array | undefined {
  return (request as { readonly body?: Uint8Array }).body
}

function assertBytes(body: unknown): asserts body is Uint8Array {
  if (body instanceof Uint8Array) return
  throw new TenancyError(
    'CONFIGURATION_INVALID',
    'The body of the webhook was parsed before its signature could be checked. Keep its bytes: express.raw(), or a content ' +
      "type parser of Fastify with parseAs: 'buffer'; or pass rawBody.",
  )
}

/** Of a body that was signed: nobody else's JSON is parsed. */
function installationOf(body: Uint8Array): string {
  let payload: { readonly installation?: { readonly id?: unknown } | null } | null
  try {
    payload = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as typeof payload
  } catch {
    throw invalid('is not JSON. Choose application/json as the content type of the webhook')
  }
  const id = payload?.installation?.id
  if (typeof id === 'number' && Number.isSafeInteger(id)) return String(id)
  if (typeof id === 'string' && /^[\w-]{1,64}$/.test(id)) return id
  throw new TenancyError('ORGANIZATION_REQUIRED', 'The delivery is about no installation.')
}

function untrusted(): TenancyError {
  return new TenancyError('CLAIM_UNTRUSTED', 'The request has no valid signature in X-Hub-Signature-256.')
}

function invalid(what: string): TenancyError {
  return new TenancyError('CLAIM_INVALID', `The delivery ${what}.`)
}
