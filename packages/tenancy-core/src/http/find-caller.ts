import type { Caller, Directory, Membership } from '../directory.ts'
import { TenancyError } from '../tenancy-error.ts'
import type { RequestClaim } from './request-claim.ts'

/**
 * Asks the directory whom a claim names, and refuses whoever may not act: see `authorize`.
 *
 * @throws {TenancyError} what `authorize` throws.
 */
export async function findCaller(directory: Directory, claim: RequestClaim | undefined): Promise<Caller> {
  const { userId, apiKey, installationId } = claim ?? {}
  const organization = textOf(claim?.organization)
  if (apiKey === undefined && installationId === undefined) return await userCaller(directory, userId, organization)
  assertAlone([userId ?? undefined, apiKey, installationId])
  const caller =
    apiKey === undefined
      ? await installationCaller(directory, installationId as string)
      : await apiKeyCaller(directory, apiKey)
  return ofOrganization(caller, organization)
}

async function userCaller(directory: Directory, userId: unknown, organization: string | undefined): Promise<Caller> {
  if (typeof userId !== 'string' || userId === '') throw unauthenticated()
  if (organization === '') throw organizationRequired()
  const membership = await membershipOf(directory, userId, organization)
  if (membership === undefined) throw organization === undefined ? organizationRequired() : notFound()
  return callerOf(membership, { type: 'user', id: userId })
}

async function membershipOf(
  directory: Directory,
  userId: string,
  organization: string | undefined,
): Promise<Membership | undefined> {
  if (!isLookupText(userId)) return undefined
  if (organization === undefined) return await directory.findFallback?.(userId)
  return isLookupText(organization) ? await directory.findMembership({ organization, userId }) : undefined
}

/** The refusal of a request that names nobody. */
export function unauthenticated(): TenancyError {
  return new TenancyError('UNAUTHENTICATED', 'The request names no user. Authenticate, then ask again.')
}

/** Longer than any slug and any key: nothing to ask the database about. */
const maxNameLength = 200

/** PostgreSQL raises for a NUL in a text, which would tell such a name from one that does not exist. */
function isLookupText(text: string): boolean {
  return text.length <= maxNameLength && !text.includes('\0')
}

/** `undefined` when nothing was said; what was said and is no text must not be taken for that. */
function textOf(organization: unknown): string | undefined {
  if (organization === undefined || organization === null) return undefined
  if (typeof organization === 'string') return organization
  throw new TenancyError('CLAIM_AMBIGUOUS', 'The request names several organizations. Name one.')
}

function assertAlone(names: readonly (string | undefined)[]): void {
  if (names.filter((name) => name !== undefined).length === 1) return
  throw new TenancyError(
    'CLAIM_AMBIGUOUS',
    'The request says of itself that it is of two callers. Send one credential.',
  )
}

async function apiKeyCaller(directory: Directory, apiKey: string): Promise<Caller> {
  if (directory.authenticateApiKey === undefined) throw unsupported('API keys', 'authenticateApiKey')
  const caller = await directory.authenticateApiKey(apiKey)
  return callerOf(caller.membership, caller.actor)
}

async function installationCaller(directory: Directory, installationId: string): Promise<Caller> {
  if (directory.findInstallation === undefined) throw unsupported('webhooks', 'findInstallation')
  const owner = await directory.findInstallation(installationId)
  if (owner === undefined) throw notFound()
  const membership: Membership = { permissions: [], ...owner, role: 'webhook', membershipStatus: 'active' }
  return callerOf(membership, { type: 'system', id: `installation:${installationId}` })
}

/** A key of another organization than the request names is no key there. */
function ofOrganization(caller: Caller, named: string | undefined): Caller {
  const { organizationId, slug } = caller.membership
  if (named === undefined || named === organizationId || named === slug) return caller
  throw notFound()
}

function callerOf(membership: Membership, actor: Caller['actor']): Caller {
  assertActive(membership)
  return { organizationId: membership.organizationId, actor, membership }
}

function assertActive({ organizationId, slug, organizationStatus, membershipStatus }: Membership): void {
  if (organizationStatus !== 'active') {
    throw new TenancyError(
      'ORGANIZATION_SUSPENDED',
      `The organization "${slug}" is ${organizationStatus}. Ask its owner or support.`,
      { details: { organizationId, status: organizationStatus } },
    )
  }
  if (membershipStatus === 'active') return
  throw new TenancyError(
    'MEMBERSHIP_SUSPENDED',
    `The membership in "${slug}" is ${membershipStatus}. Ask an owner of the organization.`,
    { details: { organizationId, status: membershipStatus } },
  )
}

function organizationRequired(): TenancyError {
  return new TenancyError(
    'ORGANIZATION_REQUIRED',
    'The request does not say which organization it is about. Name one that you are a member of.',
  )
}

function notFound(): TenancyError {
  return new TenancyError(
    'ORGANIZATION_NOT_FOUND',
    'There is no such organization, or you are not a member of it. Check its name, or ask its owner for an invitation.',
  )
}

function unsupported(what: string, method: string): TenancyError {
  return new TenancyError(
    'CONFIGURATION_INVALID',
    `The claim is one of ${what}, and the directory has no ${method}(). Pass a directory that has it.`,
  )
}
