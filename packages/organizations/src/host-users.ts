import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './quote-identifier.ts'
import type { RunStatement } from '@partywall/tenancy-core'

/** The table in which the host keeps its users. */
export interface HostUsers {
  /** @defaultValue `'public'` */
  readonly schema?: string | undefined
  readonly table: string
  /** The column of their id. @defaultValue `'id'` */
  readonly id?: string | undefined
  /** @defaultValue `'email'` */
  readonly email?: string | undefined
}

/** One user of the host. */
export interface HostUser {
  /** The id, as text. */
  readonly userId: string
  readonly email: string | null
}

/** Parts of statements, quoted; the table goes by `u` in them. */
export interface UserColumns {
  readonly users: string
  readonly id: string
  readonly email: string
}

const name = z.string().min(1).max(63)

export const hostUsersSchema: z.ZodType<Required<{ [Key in keyof HostUsers]: string }>, HostUsers> = z.strictObject({
  schema: name.default('public'),
  table: name,
  id: name.default('id'),
  email: name.default('email'),
})

export function columnsOf({ schema, table, id, email }: z.output<typeof hostUsersSchema>): UserColumns {
  return {
    users: `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`,
    id: `u.${quoteIdentifier(id)}`,
    email: `u.${quoteIdentifier(email)}`,
  }
}

/**
 * Finds a user of the host by an e-mail address, in any case, on a connection that may read the table: the operator's.
 *
 * @throws {TenancyError} `OWNER_UNKNOWN`, `OWNER_AMBIGUOUS`, or `CONFIGURATION_INVALID`.
 *
 * @example
 * ```ts
 * const { userId } = await findHostUser(run, { table: 'users' }, 'ada@example.com') // { userId: '1' }
 * ```
 */
export async function findHostUser(run: RunStatement, users: HostUsers, address: string): Promise<HostUser> {
  return await findByEmail(run, columnsOf(parseInput(hostUsersSchema, users, 'CONFIGURATION_INVALID')), address)
}

export async function findByEmail(run: RunStatement, columns: UserColumns, address: string): Promise<HostUser> {
  const { users, id, email } = columns
  const found = await run<HostUser>(
    `select ${id}::text as "userId", ${email}::text as email from ${users} u
     where pg_catalog.lower(${email}::text) = pg_catalog.lower($1)`,
    [address],
  )
  const exact = found.filter((user) => user.email === address)
  const [user, ...others] = exact.length > 0 ? exact : found
  const shown = JSON.stringify(address)
  if (user === undefined) {
    throw new TenancyError('OWNER_UNKNOWN', `No user has the e-mail address ${shown}. Look for it in ${users}.`)
  }
  if (others.length === 0) return user
  throw new TenancyError(
    'OWNER_AMBIGUOUS',
    `${found.length} users have the e-mail address ${shown}. Write it exactly as one of them does in ${users}.`,
  )
}
