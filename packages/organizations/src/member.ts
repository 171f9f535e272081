import * as z from 'zod'

/** What a member may do: an owner everything, a viewer only read. */
export type Role = 'owner' | 'admin' | 'member' | 'viewer'

/** One user in the organization in scope. */
export interface Member {
  /** The id in the host's own table of users, as text. */
  readonly userId: string
  readonly role: Role
  readonly status: 'active' | 'suspended' | 'pending'
  readonly createdAt: Date
}

export const roleSchema: z.ZodType<Role> = z.enum(['owner', 'admin', 'member', 'viewer'])

/** PostgreSQL has no NUL in a text. */
export const userIdSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !id.includes('\0'), 'Expected no NUL')
