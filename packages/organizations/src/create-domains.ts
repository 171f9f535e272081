import * as z from 'zod'
import { TenancyError, inTransaction } from '@partywall/tenancy-core'
import type { WriteOptions } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import type { DomainPage, Domains, JoinableOrganization, OrganizationDomain, VerifiedAddress } from './domains.ts'
import {
  domainOf,
  domainPolicySchema,
  ownDomainSchema,
  recordLabel,
  recordPrefix,
  storedDomainSchema,
} from './email-domain.ts'
import { explained } from './explain-refusal.ts'
import { roleSchema, userIdSchema } from './member.ts'
import { organizationIdSchema } from './organization.ts'
import { parseInput } from './parse-input.ts'
import { isPublicEmailDomain } from './public-email-domains.ts'
import { recheckDomains } from './recheck-domains.ts'
import type { DomainPlane } from './recheck-domains.ts'
import { randomText, secretLength } from './token.ts'
import { txtRecords } from './txt-records.ts'
import { writeControlPlane } from './write-control-plane.ts'

const nameSchema = z.strictObject({ domain: ownDomainSchema })
const policySchema = z.strictObject({
  domain: ownDomainSchema,
  policy: domainPolicySchema,
  role: roleSchema.default('member'),
})
const pageSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(100),
  after: storedDomainSchema.optional(),
})
const addressSchema = z.strictObject({
  userId: userIdSchema,
  email: z.string().max(1000),
  emailVerified: z.boolean(),
  organizationId: organizationIdSchema.optional(),
})

interface Stored extends Omit<OrganizationDomain, 'record'> {
  readonly challenge: string
}

/** The domains of organizations, over the functions of the control plane. */
export function createDomains(plane: DomainPlane): Domains {
  return {
    domains: (page) => list(plane, page),
    addDomain: (domain, options) => add(plane, domain, options),
    verifyDomain: (domain, options) => verify(plane, domain, options),
    setDomainPolicy: (policy, options) => setPolicy(plane, policy, options),
    releaseDomain: (domain, options) => release(plane, domain, options),
    joinableOrganizations: (address) => findJoinable(plane, address),
    joinByDomain: (address) => join(plane, address),
    recheckDomains: (request) => recheckDomains(plane, request),
  }
}

async function list({ tenancy, control }: ControlPlane, page: DomainPage = {}): Promise<readonly OrganizationDomain[]> {
  // In an operator scope the statement would list the domains of every organization.
  tenancy.requireTenant()
  const { limit, after } = parseInput(pageSchema, page, 'DOMAIN_INVALID')
  // Without OR, so that a plan for any page begins at the page.
  const sql = `
    select domain, challenge, status, policy, role, verified_at as "verifiedAt", checked_at as "checkedAt",
      created_at as "createdAt"
    from ${control}.domains where domain > coalesce($1::text, '') order by domain limit $2`
  const { rows } = await explained({}, () => tenancy.pool.query<Stored>(sql, [after ?? null, limit]))
  return rows.map(({ challenge, ...stored }) => ({ ...stored, record: recordOf(stored.domain, challenge) }))
}

function recordOf(domain: string, challenge: string): OrganizationDomain['record'] {
  return { name: `${recordLabel}.${domain}`, value: challenge }
}

async function add(plane: ControlPlane, given: unknown, options: WriteOptions = {}): Promise<OrganizationDomain> {
  const { domain } = parseInput(nameSchema, given, 'DOMAIN_INVALID')
  const challenge = recordPrefix + randomText(secretLength)
  const forUser = `select ${plane.control}.add_domain($1::text, $2::text, $3::text) as "createdAt"`
  const write = { reason: 'add a domain', forUser, values: [domain, challenge], asked: { domain } }
  const [row] = await writeControlPlane<{ createdAt: Date }>(plane, write, options)
  return {
    domain,
    status: 'pending',
    policy: 'manual',
    role: 'member',
    record: recordOf(domain, challenge),
    verifiedAt: null,
    checkedAt: null,
    createdAt: (row as { createdAt: Date }).createdAt,
  }
}

/** Outside a transaction until there is an answer: name servers may take seconds. */
async function verify(
  plane: DomainPlane,
  given: unknown,
  options: WriteOptions = {},
): Promise<{ readonly domain: string; readonly verifiedAt: Date }> {
  const { domain } = parseInput(nameSchema, given, 'DOMAIN_INVALID')
  plane.tenancy.requireTenant()
  const seen = await txtRecords(plane.dns, `${recordLabel}.${domain}`, recordPrefix)
  const forUser = `select ${plane.control}.confirm_domain($1::text, $2::text, $3::text[]) as "verifiedAt"`
  const write = { reason: 'verify a domain', forUser, values: [domain, seen], asked: { domain } }
  const [row] = await writeControlPlane<{ verifiedAt: Date }>(plane, write, options)
  return { domain, ...(row as { verifiedAt: Date }) }
}

async function setPolicy(plane: ControlPlane, given: unknown, options: WriteOptions = {}): Promise<void> {
  const { domain, policy, role } = parseInput(policySchema, given, 'DOMAIN_INVALID')
  const forUser = `select ${plane.control}.set_domain_policy($1::text, $2::text, $3::text, $4::text)`
  const asked = { domain, policy, role }
  await writeControlPlane(
    plane,
    { reason: 'set the policy of a domain', forUser, values: [domain, policy, role], asked },
    options,
  )
}

async function release(plane: ControlPlane, given: unknown, options: WriteOptions = {}): Promise<void> {
  const { domain } = parseInput(nameSchema, given, 'DOMAIN_INVALID')
  const forUser = `select ${plane.control}.release_domain($1::text, $2::text)`
  await writeControlPlane(plane, { reason: 'release a domain', forUser, values: [domain], asked: { domain } }, options)
}

async function findJoinable(
  { tenancy, control }: ControlPlane,
  given: unknown,
): Promise<readonly JoinableOrganization[]> {
  const { userId, domain } = verifiedAddress(given)
  if (isPublicEmailDomain(domain)) return []
  const sql = `select organization_id::text as "organizationId", slug, name, policy, role from ${control}.find_joinable($1::text, $2::text)`
  const { rows } = await explained({}, () =>
    tenancy.bootstrap(() => tenancy.pool.query<JoinableOrganization>(sql, [userId, domain])),
  )
  return rows
}

async function join(
  { tenancy, control }: ControlPlane,
  given: unknown,
): Promise<{
  readonly organizationId: string
  readonly userId: string
  readonly role: string
  readonly createdAt: Date
}> {
  const { userId, domain, organizationId = '' } = verifiedAddress(given)
  // No domain of an organization, also where one was proved before it was known as public.
  const own = isPublicEmailDomain(domain) ? null : domain
  const sql = `select member_role as "role", member_since as "createdAt" from ${control}.join_by_domain($1::text, $2::text, $3::text)`
  const [row] = await explained({ userId, organizationId }, () =>
    tenancy.bootstrap(() =>
      inTransaction(tenancy, undefined, (run) =>
        run<{ role: string; createdAt: Date }>(sql, [userId, organizationId, own]),
      ),
    ),
  )
  return { organizationId, userId, ...(row as { role: string; createdAt: Date }) }
}

/** @throws {TenancyError} `EMAIL_UNVERIFIED`, or `DOMAIN_INVALID` for an address that is none. */
function verifiedAddress(given: unknown): Omit<VerifiedAddress, 'emailVerified'> & {
  readonly domain: string
  readonly organizationId?: string | undefined
} {
  const { emailVerified, ...address } = parseInput(addressSchema, given, 'DOMAIN_INVALID')
  if (!emailVerified) {
    throw new TenancyError(
      'EMAIL_UNVERIFIED',
      'The address is not verified, and proves nothing. Verify it when the user signs in, and pass emailVerified: true.',
    )
  }
  const domain = domainOf(address.email)
  if (domain === undefined || !/^[^@\s]+@[^@\s]+$/.test(address.email.trim())) {
    throw new TenancyError('DOMAIN_INVALID', 'Expected an e-mail address, as in bob@example.com.')
  }
  return { ...address, domain }
}
