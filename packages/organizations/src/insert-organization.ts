import * as z from 'zod'
import { TenancyError, sqlStateOf } from '@partywall/tenancy-core'
import { explain } from './explain-refusal.ts'
import { userIdSchema } from './member.ts'
import { emailDomainSchema, githubLoginSchema, nameSchema, organizationColumns, slugSchema } from './organization.ts'
import type { Organization } from './organization.ts'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './quote-identifier.ts'
import type { RunStatement } from '@partywall/tenancy-core'

/** A new organization and the user who owns it. */
export interface NewOrganization {
  /** Lower-case letters, digits and hyphens, up to 63; unique. */
  readonly slug: string
  /** Up to 200 characters, for people. */
  readonly name: string
  readonly owner: { readonly userId: string }
  /** What it calls itself on GitHub; no other organization does, in whichever case. Nothing proves it. */
  readonly githubLogin?: string | null | undefined
  /** The domain of its e-mail addresses. */
  readonly emailDomain?: string | null | undefined
  /** The most members who are not suspended. @defaultValue no limit */
  readonly seatLimit?: number | null | undefined
  /**
   * Where the host has its own table of organizations: the id of its row, which must be there, as PostgreSQL prints it.
   * The slug and the name replace those that the row was given.
   *
   * @defaultValue drawn at random
   */
  readonly id?: string | undefined
}

const newOrganizationSchema = z.strictObject({
  slug: slugSchema,
  name: nameSchema,
  owner: z.strictObject({ userId: userIdSchema }),
  githubLogin: githubLoginSchema.nullish(),
  emailDomain: emailDomainSchema.nullish(),
  seatLimit: z.number().int().min(1).max(2_147_483_647).nullish(),
  id: z
    .string()
    .min(1)
    .max(200)
    .refine((id) => !id.includes('\0'), 'Expected no NUL')
    .optional(),
})

/**
 * Creates an organization and the membership of its owner, both or neither, on a connection that may: the operator's.
 * For tools that hold such a connection; a service calls `organizations.create()`.
 *
 * @throws {TenancyError} `ORGANIZATION_INVALID`, `ORGANIZATION_SLUG_TAKEN`, or `ORGANIZATION_TOO_EARLY` before contract.
 * @throws {TenancyError} `ORGANIZATION_ROOT_MISSING` where the host's own table of organizations has no row of the id.
 *
 * @example
 * ```ts
 * const { id, status } = await insertOrganization(run, { slug: 'globex', name: 'Globex', owner: { userId: '42' } })
 * status // 'active'
 * ```
 */
export async function insertOrganization(
  run: RunStatement,
  organization: NewOrganization,
  schema = 'partywall',
): Promise<Organization> {
  const given = parseInput(newOrganizationSchema, organization, 'ORGANIZATION_INVALID')
  const { slug, name, owner, id } = given
  const control = quoteIdentifier(schema)
  const created =
    id === undefined
      ? `insert into ${control}.organizations (slug, name, github_login, email_domain, seat_limit)
         values ($1, $2, $4, $5, $6) returning *`
      : // A row of the host's became an organization when it was inserted; here it gets its slug, its name and its owner.
        `update ${control}.organizations set slug = $1, name = $2, github_login = $4, email_domain = $5, seat_limit = $6,
         updated_at = pg_catalog.now() where id::text = $7 and owner_count = 0 returning *`
  const counted = 'member_count + (select count(*) from owned where added)::integer'
  // The triggers count the owner when the statement ends.
  const statement = `
    with created as (${created}), owned as (
      insert into ${control}.memberships (organization_id, user_id, role) select id, $3, 'owner' from created
      on conflict (organization_id, user_id) do update set role = 'owner', status = 'active' returning xmax = 0 as added
    )
    select ${organizationColumns.replace('member_count', counted)} from created`
  const { githubLogin = null, emailDomain = null, seatLimit = null } = given
  const values = [slug, name, owner.userId, githubLogin, emailDomain, seatLimit, ...(id === undefined ? [] : [id])]
  const rows = await run<Organization>(statement, values).catch((error: unknown) => {
    throw refusal(error, slug)
  })
  if (rows[0] === undefined) throw rootMissing(id)
  return rows[0]
}

function rootMissing(id: string | undefined, cause?: unknown): TenancyError {
  const what =
    id === undefined ? 'needs the id of a row' : `has no row with the id ${JSON.stringify(id)} that nobody owns yet`
  return new TenancyError(
    'ORGANIZATION_ROOT_MISSING',
    `The service keeps its organizations in a table of its own, which ${what}. Insert the row there first, as the operator, and pass its id.`,
    cause === undefined ? {} : { cause },
  )
}

function refusal(error: unknown, slug: string): unknown {
  const state = sqlStateOf(error)
  if (state === '23505' && (error as { constraint?: unknown }).constraint !== 'organizations_github_login_key') {
    const message = `The slug "${slug}" is taken. Choose another.`
    return new TenancyError('ORGANIZATION_SLUG_TAKEN', message, { details: { slug }, cause: error })
  }
  if (state === '23505') {
    const message = 'Another organization has the login of GitHub. Choose another, or leave it out.'
    return new TenancyError('ORGANIZATION_GITHUB_LOGIN_TAKEN', message, { cause: error })
  }
  if (state === '23502' && (error as { column?: unknown }).column === 'id') return rootMissing(undefined, error)
  return explain(error, { slug, ...(state === 'PW001' ? { command: 'partywall apply --to contract' } : {}) })
}
