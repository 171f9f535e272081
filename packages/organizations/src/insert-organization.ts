import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { userIdSchema } from './member.ts'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './run-statement.ts'
import type { RunStatement } from './run-statement.ts'

/** The record that owns a tenant. */
export interface Organization {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'deleted'
  readonly createdAt: Date
}

/** A new organization and the user who owns it. */
export interface NewOrganization {
  /** Lower-case letters, digits and hyphens, up to 63; unique. */
  readonly slug: string
  /** Up to 200 characters, for people. */
  readonly name: string
  readonly owner: { readonly userId: string }
  /**
   * Where the host has its own table of organizations: the id of its row, which must be there, as PostgreSQL prints it.
   * The slug and the name replace those that the row was given.
   *
   * @defaultValue drawn at random
   */
  readonly id?: string | undefined
}

const newOrganizationSchema: z.ZodType<NewOrganization> = z.object({
  slug: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'Expected 1 to 63 lower-case letters, digits and inner hyphens'),
  // The database counts code points, JavaScript counts UTF-16 units.
  name: z.string().refine((name) => isName(name), 'Expected 1 to 200 characters, not all blank, without NUL'),
  owner: z.object({ userId: userIdSchema }),
  id: z
    .string()
    .min(1)
    .max(200)
    .refine((id) => !id.includes('\0'), 'Expected no NUL')
    .optional(),
})

function isName(name: string): boolean {
  return name.trim() !== '' && Array.from(name).length <= 200 && !name.includes('\0')
}

/**
 * Creates an organization and the membership of its owner, both or neither, on a connection that may: the operator's.
 * For tools that hold such a connection; a service calls `organizations.create()`.
 *
 * @throws {TenancyError} `ORGANIZATION_INVALID`, `ORGANIZATION_SLUG_TAKEN`, or `ORGANIZATION_TOO_EARLY` before contract.
 * @throws {TenancyError} `ORGANIZATION_ROOT_MISSING` where the host's own table of organizations has no row of the id.
 *
 * @example
 * ```ts
 * const { id } = await insertOrganization(run, { slug: 'acme', name: 'Acme', owner: { userId: '42' } })
 * ```
 */
export async function insertOrganization(
  run: RunStatement,
  organization: NewOrganization,
  schema = 'partywall',
): Promise<Organization> {
  const { slug, name, owner, id } = parseInput(newOrganizationSchema, organization, 'ORGANIZATION_INVALID')
  const control = quoteIdentifier(schema)
  const created =
    id === undefined
      ? `insert into ${control}.organizations (slug, name) values ($1, $2) returning *`
      : // A row of the host's became an organization when it was inserted; here it gets its slug, its name and its owner.
        `update ${control}.organizations set slug = $1, name = $2, updated_at = pg_catalog.now() where id::text = $4 returning *`
  const statement = `
    with created as (${created}), owned as (
      insert into ${control}.memberships (organization_id, user_id, role) select id, $3, 'owner' from created
      on conflict (organization_id, user_id) do update set role = 'owner'
    )
    select id::text, slug, name, status, created_at as "createdAt" from created`
  const values = [slug, name, owner.userId, ...(id === undefined ? [] : [id])]
  const rows = await run<Organization>(statement, values).catch((error: unknown) => {
    throw explained(error, slug)
  })
  if (rows[0] === undefined) throw rootMissing(id)
  return rows[0]
}

function rootMissing(id: string | undefined, cause?: unknown): TenancyError {
  const what = id === undefined ? 'needs the id of a row' : `has no row with the id ${JSON.stringify(id)}`
  return new TenancyError(
    'ORGANIZATION_ROOT_MISSING',
    `The service keeps its organizations in a table of its own, which ${what}. Insert the row there first, as the operator, and pass its id.`,
    cause === undefined ? {} : { cause },
  )
}

function explained(error: unknown, slug: string): unknown {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  if (code === '23505' && constraint === 'organizations_slug_key') {
    return new TenancyError('ORGANIZATION_SLUG_TAKEN', `The slug "${slug}" is taken. Choose another.`, {
      details: { slug },
      cause: error,
    })
  }
  if (code === '23502' && (error as { column?: unknown }).column === 'id') return rootMissing(undefined, error)
  if (code === 'PW001') {
    return new TenancyError(
      'ORGANIZATION_TOO_EARLY',
      `The organization "${slug}" was not created: until contract is done, rows of a second organization would collide ` +
        'with those of the first. Run: partywall apply --to contract',
      { details: { slug, command: 'partywall apply --to contract' }, cause: error },
    )
  }
  return error
}
