import * as z from 'zod'
import { isReservedSlug } from './reserved-slugs.ts'

/** The record that owns a tenant. */
export interface Organization {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'deleted'
  /** What it calls itself on GitHub. Nothing proves it. */
  readonly githubLogin: string | null
  /** The domain of its e-mail addresses. Nothing proves it. */
  readonly emailDomain: string | null
  /** Members who take a seat: all but the suspended ones. */
  readonly memberCount: number
  /** The most members who are not suspended; `null` for no limit. */
  readonly seatLimit: number | null
  /** Goes up with every change of the record: for a conditional update. */
  readonly version: number
  /** Of a deleted one: until then it can be restored. */
  readonly purgeAt: Date | null
  readonly createdAt: Date
}

/** What a select of the table gives as an {@link Organization}. */
export const organizationColumns: string =
  'id::text as "id", slug, name, status, github_login as "githubLogin", email_domain as "emailDomain", ' +
  'member_count as "memberCount", seat_limit as "seatLimit", version, purge_at as "purgeAt", created_at as "createdAt"'

const idLike = /^(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** A slug may stand where an id does: one that looks like an id would name two organizations. */
export const slugSchema: z.ZodType<string> = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'Expected 1 to 63 lower-case letters, digits and inner hyphens')
  .refine((slug) => !idLike.test(slug), 'Expected a slug that does not look like an id')
  .refine((slug) => !isReservedSlug(slug), 'Expected a slug that is not reserved')

/** What may be asked for: PostgreSQL has no text with a NUL in it. */
export const organizationIdSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !id.includes('\0'), 'Expected the id of an organization')

/** The database counts code points, JavaScript counts UTF-16 units. */
export const nameSchema: z.ZodType<string> = z
  .string()
  .refine((name) => isName(name), 'Expected 1 to 200 characters, not all blank, without NUL and halves of characters')

function isName(name: string): boolean {
  // Half a surrogate pair is no text to PostgreSQL's JSON, in which events are kept.
  return name.trim() !== '' && Array.from(name).length <= 200 && !name.includes('\0') && name.isWellFormed()
}

export const githubLoginSchema: z.ZodType<string> = z
  .string()
  .max(39)
  .regex(/^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$/, 'Expected a GitHub login: 1 to 39 letters, digits and single hyphens')

export const emailDomainSchema: z.ZodType<string, string> = z
  .string()
  .toLowerCase()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'Expected a domain, as in example.com',
  )
