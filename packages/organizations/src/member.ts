import * as z from 'zod'

/** The roles that every organization has: an owner may do everything, a viewer only read. */
export type BuiltInRole = 'owner' | 'admin' | 'member' | 'viewer'

/** What a member is: one of the built-in roles, or one that the host defined with `defineRole()`. */
export type Role = BuiltInRole | (string & Record<never, never>)

/** One user in the organization in scope. */
export interface Member {
  /** The id in the host's own table of users, as text. */
  readonly userId: string
  readonly role: Role
  /** A suspended member keeps the membership, and takes no seat. A pending one has not agreed yet. */
  readonly status: 'active' | 'suspended' | 'pending'
  readonly createdAt: Date
}

export const roleSchema: z.ZodType<Role> = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'Expected a role: lower-case letters, digits and hyphens, up to 63')

/** PostgreSQL has no NUL in a text. */
export const userIdSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !id.includes('\0'), 'Expected no NUL')
